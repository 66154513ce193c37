"""Customers are known by a key that nobody can turn back without the organization's own secret."""

from __future__ import annotations

import hmac

import pyarrow

from datapilot_domain.landing import Layout

_KINDS = {
    "customer_doc": "nullif(regexp_replace(customer_doc, '[^0-9]', '', 'g'), '')",
    "customer_email": "lower(customer_email)",
    "customer_id": "customer_id",
    "customer_name": "customer_name",
}
# Keys that are kept for the customers who come back; some 50 MB.
_MOST_KEPT = 200_000


def customer_sql(layout: Layout) -> str:
    """DuckDB expression over `filled`: the digits of the document, else the lower-case e-mail, the id, the name."""
    return f"coalesce({', '.join([*(sql for field, sql in _KINDS.items() if layout.has(field)), 'NULL::VARCHAR'])})"


class CustomerKeys:
    """HMAC-SHA256 of customers with the organization's secret, in hexadecimal."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._kept: dict[str, str] = {}

    def of(self, customers: pyarrow.ChunkedArray) -> pyarrow.DictionaryArray:
        """The key of each customer (text), null for none."""
        encoded = customers.combine_chunks().dictionary_encode()
        keys = pyarrow.array([self._key(customer) for customer in encoded.dictionary.to_pylist()], pyarrow.string())
        return pyarrow.DictionaryArray.from_arrays(encoded.indices, keys)

    def _key(self, customer: str) -> str:
        key = self._kept.get(customer)
        if key is None:
            key = hmac.digest(self._secret, customer.encode(), "sha256").hex()
            if len(self._kept) < _MOST_KEPT:
                self._kept[customer] = key
        return key
