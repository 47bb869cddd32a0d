-- Argo CD: the health of every kind of presence.wedsync.io, from its conditions as kstatus reads them.
-- docs/how-to/gitops.md says where it goes; test/integration/argo-cd/health.test.ts runs it in Lua 5.1.
local hs = { status = "Progressing", message = "Waiting for the operator" }

-- What the operator writes for itself has no conditions: that it is there is all.
if obj.kind == "RolloutFreeze" then
  hs.status = "Healthy"
  hs.message = "Written by the operator"
  return hs
end

if obj.status == nil or obj.status.conditions == nil then
  return hs
end
-- A status of an older spec says nothing about this one.
if obj.status.observedGeneration ~= nil and obj.metadata.generation ~= nil
  and obj.status.observedGeneration < obj.metadata.generation then
  hs.message = "Waiting for the operator to see the newest spec"
  return hs
end

local found = {}
for _, condition in ipairs(obj.status.conditions) do
  found[condition.type] = condition
end

local function is(name, status)
  return found[name] ~= nil and found[name].status == status
end

if is("Stalled", "True") then
  hs.status = "Degraded"
  hs.message = found["Stalled"].message
elseif is("Reconciling", "True") then
  hs.status = "Progressing"
  hs.message = found["Reconciling"].message
elseif is("RedisReplicated", "False") and found["RedisReplicated"].reason == "ReplicasMissing" then
  hs.status = "Degraded"
  hs.message = found["RedisReplicated"].message
elseif is("Ready", "True") then
  hs.status = "Healthy"
  hs.message = found["Ready"].message
elseif is("Ready", "False") then
  -- A PresenceCluster that was ready and is not now has lost something; the other kinds wait for a person.
  hs.status = "Degraded"
  hs.message = found["Ready"].message
end
return hs
