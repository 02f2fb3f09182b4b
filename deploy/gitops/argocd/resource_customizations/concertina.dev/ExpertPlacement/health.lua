-- A placement does nothing by itself: it is in use, or it may be.
local hs = {}
hs.status = "Healthy"
if obj.status ~= nil and obj.status.appliedEpoch ~= nil then
  hs.message = "In use since epoch " .. tostring(obj.status.appliedEpoch)
else
  hs.message = "Not in use"
end
return hs
