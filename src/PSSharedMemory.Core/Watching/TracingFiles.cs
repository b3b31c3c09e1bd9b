using System;
using System.Text;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The kernel's descriptions of its tracepoints (tracefs). Nothing is written there, so nothing has to be cleaned up.
/// </summary>
internal sealed unsafe class TracingFiles : IDisposable
{
    private const string Probe = "events/syscalls/sys_enter_shmget/id";

    private static readonly string[] Places = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

    private readonly DescriptorHandle _top;

    private TracingFiles(DescriptorHandle top) => _top = top;

    /// <summary>Opens it where it is mounted, or else for this process alone; null where this user may not.</summary>
    public static TracingFiles? TryOpen()
    {
        foreach (var place in Places)
        {
            var files = new TracingFiles(Libc.open(place, Libc.O_PATH | Libc.O_DIRECTORY));
            if (files.Read(Probe) is not null)
            {
                return files;
            }

            files.Dispose();
        }

        fixed (byte* type = "tracefs\0"u8)
        {
            var own = new TracingFiles(Libc.MountNowhere(type));
            if (own.Read(Probe) is not null)
            {
                return own;
            }

            own.Dispose();
            return null;
        }
    }

    /// <summary>A file's text; null where it cannot be read.</summary>
    public string? Read(string path)
    {
        if (_top.IsInvalid)
        {
            return null;
        }

        fixed (byte* name = CString.ToBytes(path))
        {
            using var file = Libc.openat(_top, name, Libc.O_RDONLY);
            if (file.IsInvalid)
            {
                return null;
            }

            var buffer = new byte[16 * 1024];
            var length = 0;
            fixed (byte* start = buffer)
            {
                while (length < buffer.Length)
                {
                    var count = Libc.read(file, start + length, (nuint)(buffer.Length - length));
                    if (count < 0)
                    {
                        return null;
                    }

                    if (count == 0)
                    {
                        break;
                    }

                    length += (int)count;
                }
            }

            return Encoding.UTF8.GetString(buffer, 0, length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _top.Dispose();
}
