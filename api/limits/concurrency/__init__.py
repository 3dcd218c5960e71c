"""How many requests are worked on at a time, in all and per client, so that no client holds up another.

`concurrency_limit` is the mechanism: slots, and a queue that gives up. `admission_control` gives a workspace two slots
in the event loop, whatever the route. `bulkhead` gives threads: a route that waits for another server or the object
store has one of 24 of its own kind, any other route one of the 40 that routes share, one at a time for each workspace.
`thread_pools` keeps authentication, readiness, scrapes, parsing of JSON and launches out of both. How much a client
sends in some time is another question, answered beside this package: `rate_limiter`, `volume_limits`.
"""
