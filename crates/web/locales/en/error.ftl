request-id = request id
error-home = To the overview
error-back = Back
error-sign-in = Sign in
