"""Whether a Parquet file says possible things of its own pages.

The library that reads Parquet believes a page: one flipped bit makes a count of values negative, it asks for more
memory than any machine has, and that ends the process instead of the import. So counts and sizes are looked at
first. They are few, one header for a megabyte of prices or so.

Format: github.com/apache/parquet-format, parquet.thrift (FileMetaData, ColumnMetaData, PageHeader) in Thrift's compact
protocol. A struct becomes a dictionary by the numbers of its fields, a list a list.
"""

from typing import Any

MAGIC = b"PAR1"
_ROW_GROUPS, _COLUMNS, _META = 4, 1, 3
_VALUES, _PACKED, _DATA_PAGE, _DICTIONARY_PAGE = 5, 7, 9, 11
_UNPACKED_SIZE, _PACKED_SIZE, _HEADERS = 2, 3, (5, 7, 8)
_DEEPEST = 12
_MOST_TIMES = 2000
"""A page may unpack to so many times its size: equal values pack well, to about a thousandth."""


class DamagedError(Exception):
    """The file says something of itself that cannot be."""


def check_pages(content: bytes) -> None:
    """Refuse a Parquet file of which some page has a size or a count that cannot be."""
    try:
        size = int.from_bytes(content[-8:-4], "little")
        if content[:4] != MAGIC or content[-4:] != MAGIC or not 0 < size <= len(content) - 12:
            message = "it does not begin and end as Parquet"
            raise DamagedError(message)
        footer = Compact(content, len(content) - 8 - size).struct()
        for group in footer.get(_ROW_GROUPS, ()):
            for column in group[_COLUMNS]:
                _check_column(content, column[_META])
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        message = "what it says of its columns is garbled"
        raise DamagedError(message) from error


def _check_column(content: bytes, column: dict[int, Any]) -> None:
    values, left = column[_VALUES], column[_VALUES]
    place = column.get(_DICTIONARY_PAGE) or column[_DATA_PAGE]
    end = place + column[_PACKED]
    if values < 0 or not 0 < place <= end <= len(content):
        message = f"a column of {values} values lies from byte {place} to {end}"
        raise DamagedError(message)
    while place < end and left > 0:
        reader = Compact(content, place)
        page = reader.struct()
        count = max((page[number][1] for number in _HEADERS if number in page), default=-1)
        sizes = page[_PACKED_SIZE], page[_UNPACKED_SIZE]
        if not 0 <= count <= values or min(sizes) < 0 or reader.place + sizes[0] > end:
            message = f"the page at byte {place} has {count} values in {sizes[0]} bytes"
            raise DamagedError(message)
        if sizes[1] > max(1 << 20, _MOST_TIMES * sizes[0]):
            message = f"the page at byte {place} unpacks from {sizes[0]} to {sizes[1]} bytes"
            raise DamagedError(message)
        left -= 0 if _HEADERS[1] in page else count
        place = reader.place + sizes[0]


class Compact:
    """Reads Thrift's compact protocol from a place on."""

    def __init__(self, content: bytes, place: int) -> None:
        self._content = content
        self.place = place
        self._depth = 0

    def struct(self) -> dict[int, Any]:
        """Return the fields of a struct by their numbers."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise IndexError
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            fields[number] = self._value(head & 15)
        self._depth -= 1
        return fields

    def _value(self, kind: int) -> Any:
        if kind in {1, 2}:  # a boolean field is its own value
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in {4, 5, 6}:
            return self._signed()
        if kind in {7, 8}:
            return self._bytes(8 if kind == 7 else self._number())
        if kind in {9, 10}:
            return self._list()
        if kind == 12:
            return self.struct()
        raise IndexError

    def _list(self) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._number()
        kind = head & 15
        return [self._byte() if kind in {1, 2} else self._value(kind) for _ in range(count)]

    def _byte(self) -> int:
        self.place += 1
        return self._content[self.place - 1]

    def _bytes(self, count: int) -> bytes:
        self.place += count
        if self.place > len(self._content):
            raise IndexError
        return self._content[self.place - count : self.place]

    def _number(self) -> int:
        number = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
        raise IndexError

    def _signed(self) -> int:
        number = self._number()
        return (number >> 1) ^ -(number & 1)
