"""The practice service: a small GraphQL shop, packaged by practice/build.py as `practice_orders`.

Standard library only and relative imports only: the same files run from a wheel and under the tests.
"""
