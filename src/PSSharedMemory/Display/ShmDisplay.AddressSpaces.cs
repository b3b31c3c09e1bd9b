using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <content>Address spaces: one, and several side by side.</content>
public static partial class ShmDisplay
{
    /// <summary>"rw-s": protection, and s for shared or p for private.</summary>
    public static string Protection(ShmAddressRegion region) =>
        Protection(region.Protection) + (region.IsShared ? 's' : 'p');

    /// <summary>A bar of 16 cells over all of user space, with the one marked in which the region lies.</summary>
    public static string Position(ShmAddressRegion region)
    {
        const int Cells = 16;
        const int BitsOfCells = 4;
        var cellBits = ShmAddressSpace.AddressBits - BitsOfCells;
        return string.Create(Cells + 2, (region, cellBits), static (bar, state) =>
        {
            var (region, cellBits) = state;
            bar.Fill('.');
            bar[0] = '[';
            bar[^1] = ']';
            // What the kernel keeps at the top of the address space lies beyond.
            var first = region.Address >> cellBits;
            var last = (region.EndAddress - 1) >> cellBits;
            if (first >= Cells)
            {
                bar[^1] = '>';
            }

            for (var cell = first; cell <= last && cell < Cells; cell++)
            {
                bar[(int)cell + 1] = '#';
            }
        });
    }

    /// <summary>The segment or the name of what is there, with the offset in it.</summary>
    public static string Region(ShmAddressRegion region)
    {
        var name = region.Segment is { } segment ? NameAndStatus(segment) : Text(region.Name);
        return region.Offset > 0 && name.Length > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{name} +0x{region.Offset:x}")
            : name;
    }

    /// <summary>The segment, or what is known of it.</summary>
    public static string Name(ShmSharedRange range) =>
        range.Segment is { } segment ? NameAndStatus(segment) : Text(range.Name);

    /// <summary>
    /// "1234: 7f0012340000 rw-s 1240: -": where each process has the range, in columns of one width.
    /// </summary>
    public static string Places(ShmSharedRange range, string separator = "  ")
    {
        const int AddressWidth = 14;
        var width = range.Places.Length == 0 ? 0 : range.Places.Max(static place => Number(place.ProcessId).Length);
        return string.Join(separator, range.Places.Select(place =>
        {
            var id = Number(place.ProcessId).PadLeft(width);
            return place.Address is { } address
                ? $"{id}: {Address((long)address).PadLeft(AddressWidth)} "
                    + $"{Protection(place.Protection)}{(place.IsShared ? 's' : 'p')}"
                : $"{id}: {"-".PadRight(AddressWidth + 5)}";
        })).TrimEnd();

        static string Number(int id) => id.ToString(CultureInfo.InvariantCulture);
    }
}
