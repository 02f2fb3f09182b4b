-- Progressing while an operation runs or the operator has yet to look, Degraded when the spec is refused, an operation has failed, ranks are
-- lost or accelerators are missing, Suspended when paused, Healthy when every rank of the width serves. A missed objective is no matter of
-- health: the width follows it.
local hs = {}

if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  hs.status = "Progressing"
  hs.message = "The operator has not seen this generation yet"
  return hs
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end

local function is(type, status)
  return conditions[type] ~= nil and conditions[type].status == status
end

local function because(status, type)
  hs.status = status
  hs.message = conditions[type].reason .. ": " .. conditions[type].message
  return hs
end

-- before the others, which then are those of the last spec that was accepted
if is("Accepted", "False") then
  return because("Degraded", "Accepted")
end
if is("Scaling", "True") then
  return because("Progressing", "Scaling")
end
if is("Accepted", "Unknown") then
  return because("Progressing", "Accepted")
end
if is("Degraded", "True") then
  return because("Degraded", "Degraded")
end
if obj.spec.paused == true then
  hs.status = "Suspended"
  hs.message = "spec.paused is true: no operation starts"
  return hs
end
if is("Available", "True") then
  return because("Healthy", "Available")
end

hs.status = "Progressing"
hs.message = "No rank serves yet"
return hs
