claims = Awaiting approval
claims-lead = Addresses, prefixes and names in log lines that units entered and that were not granted to them. Until they are approved nothing is probed there, no log line is attributed and nothing of it is a fact.
claims-none = Nothing awaits approval.
claims-open = { $n ->
    [one] { $shown } entry of a unit awaits approval
   *[other] { $shown } entries of units await approval
}
claim-what = Claim
claim-unit = Unit
claim-why = Why it waits
claim-asked = Entered
claim-decision = Decision
claim-owners = Now held by: { $x }
claim-refused = Refused: { $x }
claim-grant = Grant
claim-share = Shared
claim-move = Move to this unit
claim-note = Reason (needed to refuse)
claim-refuse = Refuse
done-claim-decided = The decision was noted.
claim-waits = { $x } awaits approval by the network centre.
claim-was-refused = { $x } was refused:
journal-claim = Claim of a unit
journal-device-access = A device's access
journal-log-claim = Claim to earlier log lines
action-wait = waits
action-grant = granted
action-share = declared shared
action-move = moved
action-refuse = refused
action-release = given up
action-end = taken back
