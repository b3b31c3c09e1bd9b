using System;

namespace PSSharedMemory;

/// <content>Segments by key and id.</content>
internal sealed partial class ShmCallFilter
{
    private ShmCall ReadGet(StraceLine line)
    {
        var key = Argument(line.Arguments, 0);
        if (line.Value is { } id && line.Error is null && Number(Argument(line.Arguments, 1)) is { } size)
        {
            _sizes[id] = size;
            NoteHuge(FormattableString.Invariant($"id {id}"), line.ArgumentText);
            if (Number(key) is { } made)
            {
                _keys.TryAdd(made, size);
            }
        }

        var name = key == "IPC_PRIVATE"
            ? "private"
            : Number(key) is { } number ? FormattableString.Invariant($"key 0x{number:x8}") : $"key {key}";
        var bytes = Number(Argument(line.Arguments, 1));
        // What the trace saw made may be gone by now.
        return Make(line, name, length: bytes, detail: line.Error is not { } error ? null
            : error == "EINVAL" && Number(key) is { } wanted && _keys.TryGetValue(wanted, out var there)
                && bytes > there
            ? FormattableString.Invariant(
                $"the segment with that key has {there} bytes, fewer than the {bytes} asked for")
            : ReasonOf?.Invoke(key == "IPC_PRIVATE" ? 0 : unchecked((int)(Number(key) ?? 0)), bytes ?? 0, error));
    }

    private ShmCall ReadAttach(StraceLine line)
    {
        var id = Argument(line.Arguments, 0);
        var length = Number(id) is not { } number
            ? null
            : _sizes.TryGetValue(number, out var size) ? size : SizeOf?.Invoke(number);
        if (line.Error is null && line.Value is { } address)
        {
            var access = HasFlag(Argument(line.Arguments, 2), "SHM_RDONLY")
                ? ShmProtection.Read
                : ShmProtection.Read | ShmProtection.Write;
            _books.Map(
                line.ProcessId, new TracedAreas.Area(address, length ?? Page, IdName(id), Access: access));
        }

        return Make(
            line, IdName(id), line.Error is null ? line.Value : Number(Argument(line.Arguments, 1)), length,
            NoSuchId(line));
    }

    // Of a call whose first argument is an id: EINVAL says so of an id that there isn't, among other things.
    private string? NoSuchId(StraceLine line) =>
        line.Error == "EINVAL" && SizeOf is not null && Number(Argument(line.Arguments, 0)) is { } id
        && SizeOf(id) is null
            ? "no segment has that id"
            : null;

    private ShmCall ReadDetach(StraceLine line)
    {
        var address = Number(Argument(line.Arguments, 0));
        var area = address is { } at ? _books.At(line.ProcessId, at) : null;
        if (line.Error is null && area is not null)
        {
            _books.Remove(line.ProcessId, area, line.Call);
        }

        if (line.Error == "EINVAL" && address is { } wrong)
        {
            area = _books.Find(line.ProcessId, wrong, 1);
            return Make(line, area?.Segment, address, area?.Length, area is null
                ? "nothing is attached at that address"
                : FormattableString.Invariant(
                    $"{area.Segment} is attached at 0x{area.Address:x}: only that detaches it"));
        }

        return Make(line, area?.Segment, address, area?.Length);
    }

    private static string IdName(string id) => $"id {id}";
}
