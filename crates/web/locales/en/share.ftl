share = Sharing
share-lead = The receiving body sees this entry with its versions and documents, and nothing else of the unit.
share-receiver = Receiving body
share-receiver-help = Choose from the list, or write its code or name exactly.
share-until = Last day
share-until-help = Blank: without end.
share-do = Share
done-share-done = Shared
share-end = Stop sharing
share-end-question = Stop sharing this entry with { $x }? They will not see it any more.
done-share-ended = No longer shared
share-until-day = until the end of { $x }
share-without-end = without end
share-over = no longer in force
share-revoked = revoked { $x }
share-received = This entry is of { $x } and was shared with you to read.
share-received-until = It can be read until the end of { $x }.
shares-received = Shared with us
shares-lead = Single entries that other units let you read, each with its versions and documents.
shares-none = Nothing is shared with you.
shares-open = { $n ->
    [one] { $shown } entry is shared with you
   *[other] { $shown } entries are shared with you
}
share-what = Entry
share-book = Book
share-unit = Of the unit
share-at = Shared
journal-share = Share
action-revoke = revoked
journal-field-subject-kind = kind of subject
journal-field-subject = shared entry
journal-field-receiver = receiving body
journal-field-ends-on = until the end of
journal-field-shared-at = shared at
journal-field-shared-by = shared by
journal-field-revoked-at = revoked at
journal-field-revoked-by = revoked by
