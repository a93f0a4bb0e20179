"""A shuffle of 0 … size-1 that needs no memory and can be undone: a Feistel network with cycle walking."""

_ROUNDS = (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F)


class Permutation:
    """A bijection on range(size), chosen by `key`."""

    def __init__(self, size: int, key: int) -> None:
        self.size = size
        self._half = max(1, ((max(size, 2) - 1).bit_length() + 1) // 2)
        self._mask = (1 << self._half) - 1
        self._keys = [(key * multiplier + multiplier) & 0xFFFFFFFF for multiplier in _ROUNDS]

    def apply(self, index: int) -> int:
        """Where `index` goes."""
        return self._walk(index, self._keys, undo=False)

    def undo(self, index: int) -> int:
        """What goes to `index`."""
        return self._walk(index, self._keys[::-1], undo=True)

    def _walk(self, index: int, keys: list[int], *, undo: bool) -> int:
        if not 0 <= index < self.size:
            raise IndexError(f"{index} is not in range({self.size})")
        while True:
            index = self._undo_once(index, keys) if undo else self._apply_once(index, keys)
            if index < self.size:
                return index

    def _apply_once(self, index: int, keys: list[int]) -> int:
        left, right = index >> self._half, index & self._mask
        for key in keys:
            left, right = right, left ^ self._mix(right, key)
        return left << self._half | right

    def _undo_once(self, index: int, keys: list[int]) -> int:
        left, right = index >> self._half, index & self._mask
        for key in keys:
            left, right = right ^ self._mix(left, key), left
        return left << self._half | right

    def _mix(self, value: int, key: int) -> int:
        value = ((value + 1) * key) & 0xFFFFFFFF
        value = ((value ^ value >> 15) * 0x2C1B3C6D) & 0xFFFFFFFF
        return (value ^ value >> 13) & self._mask
