request-id = request id
error-home = To the overview
error-sign-in = Sign in
