"""The median of a few numbers, by insertion sort: for windows of tens, updated once a day."""

from tradewind.kernel.compiled import compiled


@compiled
def median(values, count, room):
    """Return the median of the first `count` values, which stay as they are; `room` is overwritten."""
    for index in range(count):
        place = index
        while place > 0 and room[place - 1] > values[index]:
            room[place] = room[place - 1]
            place -= 1
        room[place] = values[index]
    middle = count // 2
    if count % 2 == 1:
        return room[middle]
    return (room[middle - 1] + room[middle]) / 2.0
