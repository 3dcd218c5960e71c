"""What every part stands on and knows no subject: clock, database, object store, encryption, rate limits, logs, traces,
HTTP (`net`) and child processes (`processes`)."""
