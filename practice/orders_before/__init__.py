"""The one file in which 1.1.0 differs from 1.2.0; practice/build.py lays it over `orders` and leaves pricing.py out."""
