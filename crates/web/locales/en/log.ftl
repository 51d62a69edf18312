logs-lead = What servers, network and security devices report; it cannot be changed, and every line has its proof.
logs-search = Search
logs-unknown = Unknown senders
logs-text = Text
logs-source = Device or address
logs-severity = Severity
logs-every-severity = Every severity
logs-from = From
logs-to = To
logs-live = updates itself
logs-none = No line matches. Widen the time or drop a condition.
logs-older = Older lines
logs-found = { $n ->
    [one] { $shown } line
   *[other] { $shown } lines
}
logs-found-more = The newest { $shown } lines
severity-0 = Emergency
severity-1 = Alert
severity-2 = Critical
severity-3 = Error
severity-4 = Warning
severity-5 = Notice
severity-6 = Info
severity-7 = Debug
severity-none = No severity told
logs-flag = Flag
logs-every-flag = With and without flags
log-flag-truncated = Truncated
log-flag-truncated-about = The line was longer than is taken; its end was not kept.
log-flag-cut = Cut off
log-flag-cut-about = The connection ended within the line; the rest did not come.
log-flag-clock-not-set = Clock not set
log-flag-clock-not-set-about = The device says that its clock is not set or has lost its source; the time of sending may be wrong, that of receipt is right.
log-flag-zone-unknown = Unknown time zone
log-flag-zone-unknown-about = The line names a time zone that nobody knows; the time of sending was read in the zone set for the device, or else in Vietnam's.
severity-at-least = { $x } or worse
log-line = Log line
log-raw = As it came
log-fields = Fields
log-proof = Download the proof
log-proof-about = The proof holds this line as it came, its path in the Merkle tree (RFC 6962) and the signed checkpoint. Others can verify it without trusting this system.
log-received = Received
log-sent = Sent (by the sender's clock)
log-unit = Unit
log-device = Device
log-peer = Sender's address
log-host = Host
log-application = Application
log-facility = Facility
unknown-lead = Addresses that send logs and belong to no device yet. Adopt them, so that their lines count for the right unit.
unknown-none = Every sender is registered.
unknown-sample = Sample
unknown-lines = Lines
unknown-last = Last
unknown-adopt = Adopt
unknown-new-device = New device…
unknown-device = The device's code; blank for a new device
vault-sound = { $n ->
    [one] The log vault is sound: one line verified
   *[other] The log vault is sound: { $shown } lines verified
}
vault-unsound = { $n ->
    [one] The log vault is not as it was written (one line read). Tell the security officer.
   *[other] The log vault is not as it was written ({ $shown } lines read). Tell the security officer.
}
journal-sound = { $n ->
    [one] Change journal and records agree: one entry verified
   *[other] Change journal and records agree: { $shown } entries verified
}
journal-unsound = { $n ->
    [one] Change journal and records do not agree (one entry read). Tell the security officer.
   *[other] Change journal and records do not agree ({ $shown } entries read). Tell the security officer.
}
done-unknown-adopted = Adopted; its lines count for this device, also those that came before.
unknown-says = The name in a line is what the sender says of itself; it proves nothing.
log-claims = Earlier lines that were claimed
log-claims-lead = Lines that came before the sender was registered stay in the vault as they are; here stands whose they are.
log-claim-time = Time
log-claimed = Claimed later
log-claim-end = Take back
done-log-claim-ended = The earlier lines no longer count for this device.
