using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The guarded copy for hosts that forbid process_vm_readv, as some containers' seccomp filters do. It goes through a
/// pipe, since write(2) and read(2) report missing memory too. A pipe needs no memfd and isn't subject to the file size
/// limit, whose signal would end the process. Each byte is copied twice.
/// </summary>
internal static unsafe class ScratchCopy
{
    // A pipe's capacity, unless its user has too many pipes; then it takes less at once.
    private const int PipeSize = 64 << 10;

    [ThreadStatic]
    private static Pipe? t_pipe;

    /// <summary>Returns the bytes copied, fewer if memory ended.</summary>
    public static long Copy(nint source, nint destination, long length)
    {
        var pipe = t_pipe ??= new Pipe();
        for (var done = 0L; done < length;)
        {
            var taken = pipe.Take(source + (nint)done, Math.Min(PipeSize, length - done));
            var given = taken > 0 ? pipe.Give(destination + (nint)done, taken) : taken;
            done += Math.Max(given, 0);
            if (given < taken)
            {
                // What is left in it belongs to nobody.
                t_pipe = null;
                pipe.Dispose();
            }

            if (given <= 0 || given < taken)
            {
                return given is >= 0 or -(int)Errno.EFAULT ? done : throw NativeError.From(
                    taken > 0 ? nameof(Libc.read) : nameof(Libc.write), (int)-given, $"copy {length} bytes");
            }
        }

        return length;
    }

    // The kernel works in whole pages of the pipe and drops the page in which memory ends: the bytes before that end
    // are sent separately.
    private static long ToEndOfPage(nint address, long length) =>
        Math.Min(length, Environment.SystemPageSize - (address & (Environment.SystemPageSize - 1)));

    private sealed class Pipe : IDisposable
    {
        private readonly DescriptorHandle _out;
        private readonly DescriptorHandle _in;

        public Pipe()
        {
            var ends = stackalloc int[2];
            var result = Libc.pipe2(ends, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
            if (result < 0)
            {
                throw NativeError.From(nameof(Libc.pipe2), -result, "make a pipe for guarded copies");
            }

            (_out, _in) = (new DescriptorHandle(ends[0]), new DescriptorHandle(ends[1]));
        }

        /// <summary>Bytes taken from memory, or minus errno.</summary>
        public long Take(nint source, long length)
        {
            var taken = Libc.write(_in, (byte*)source, (nuint)length);
            return taken == -(int)Errno.EFAULT
                ? Libc.write(_in, (byte*)source, (nuint)ToEndOfPage(source, length))
                : taken;
        }

        /// <summary>Bytes written to memory, fewer than taken if it ends; minus errno for none.</summary>
        public long Give(nint destination, long length)
        {
            for (var done = 0L; done < length;)
            {
                var to = (byte*)destination + done;
                var given = Libc.read(_out, to, (nuint)(length - done));
                given = given == -(int)Errno.EFAULT
                    ? Libc.read(_out, to, (nuint)ToEndOfPage((nint)to, length - done))
                    : given;
                if (given <= 0)
                {
                    return done > 0 ? done : given;
                }

                done += given;
            }

            return length;
        }

        public void Dispose()
        {
            _out.Dispose();
            _in.Dispose();
        }
    }
}
