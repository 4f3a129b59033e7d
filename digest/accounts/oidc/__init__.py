"""Signing in by the operators' own identity provider: OpenID Connect, the code flow with PKCE."""
