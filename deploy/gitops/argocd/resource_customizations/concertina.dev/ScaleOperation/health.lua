-- An operation that has ended well is Healthy, one that ended otherwise is Degraded; the deployment it was for serves as before.
local hs = {}
local phase = nil
if obj.status ~= nil then
  phase = obj.status.phase
end

if phase == "Succeeded" then
  hs.status = "Healthy"
  hs.message = "Width " .. tostring(obj.spec.fromWidth) .. " to " .. tostring(obj.spec.toWidth) .. " is done"
  return hs
end
if phase == "Failed" or phase == "RolledBack" then
  hs.status = "Degraded"
  hs.message = phase
  if obj.status.error ~= nil then
    hs.message = phase .. ": " .. obj.status.error
  end
  return hs
end

hs.status = "Progressing"
hs.message = phase or "Planned"
return hs
