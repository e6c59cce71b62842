# A Bloom filter, grown function by function. The lesson says when it is whose turn.


def set_bit(bits, n):
    """Light lamp n."""


def get_bit(bits, n):
    """Give back whether lamp n is lit: True or False."""


def size(n, p):
    """Give back two numbers: how many lamps, and how many of them for each plate."""


def places(key, m, k):
    """Give back a list of the k lamps that belong to the key, each from 0 to m - 1."""


def new(n, p):
    """Give back an empty filter for n keys, which is wrong about a share p of strangers."""


def add(bloom, key):
    """Put a key into the filter."""


def contains(bloom, key):
    """Give back False when the key is certainly not in, and True when it seems to be."""


def save(bloom, path):
    """Write the filter into a file."""


def load(path):
    """Give back the filter that was saved in the file."""
