using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Giving way to another mapping.</summary>
public sealed partial class ShmMapping
{
    /// <summary>Holds the mapping still if it overlaps the range; null if it does not.</summary>
    internal Replaceable? TryHold(nint start, nint end)
    {
        _lock.EnterWriteLock();
        if (_end is null && Address < end && Address + (nint)MappedLength > start)
        {
            try
            {
                ThrowIfHeld("replace", 0, MappedLength);
                return new Replaceable(this);
            }
            catch
            {
                _lock.ExitWriteLock();
                throw;
            }
        }

        _lock.ExitWriteLock();
        return null;
    }

    /// <summary>A mapping that waits to be replaced: nobody reads, writes or dismounts it meanwhile.</summary>
    internal sealed class Replaceable(ShmMapping mapping)
    {
        public (nint Start, nint End) Range => (mapping.Address, mapping.Address + (nint)mapping.MappedLength);

        /// <summary>Whether it was mounted to keep its pages in RAM.</summary>
        public bool IsLocked => mapping._isLocked;

        public void Unlock() => _ = Libc.munlock(mapping.Address, (nuint)mapping.MappedLength);

        public void LockAgain() => _ = Libc.mlock(mapping.Address, (nuint)mapping.MappedLength);

        /// <summary>
        /// What lies in the range belongs to the new mapping: the handle lets go of it without detaching. What sticks
        /// out is unmapped.
        /// </summary>
        public void Surrender(nint start, nint end)
        {
            var (from, to) = Range;
            mapping._handle.SetAreas(0);
            mapping._handle.EndGuard();
            mapping._handle.SetHandleAsInvalid();
            if (from < start)
            {
                _ = Libc.munmap(from, (nuint)(start - from));
            }

            if (to > end)
            {
                _ = Libc.munmap(end, (nuint)(to - end));
            }

            Volatile.Write(ref mapping._end, "another mapping replaced it");
            LiveMappings.Remove(mapping);
            mapping.ReleaseDescriptor();
        }

        public void Release() => mapping._lock.ExitWriteLock();
    }
}
