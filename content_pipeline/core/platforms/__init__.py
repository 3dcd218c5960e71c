"""Social platforms: what each takes and how it is called, and the accounts that are connected there (`accounts`)."""
