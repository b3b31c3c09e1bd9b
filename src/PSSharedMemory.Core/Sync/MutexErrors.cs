using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Exceptions for a lock that cannot be acquired, however long we wait.</summary>
internal static class MutexErrors
{
    /// <summary>NotRecoverable, LimitReached, or NativeCallFailed with EDEADLK.</summary>
    public static ShmException From(LockOutcome outcome, string mutex, object target)
    {
        var (id, errno, condition, advice) = outcome switch
        {
            LockOutcome.Unrecoverable => (
                ShmErrorId.NotRecoverable,
                Errno.ENOTRECOVERABLE,
                "it was given up after its owner ended",
                ""),
            LockOutcome.TooDeep => (
                ShmErrorId.LimitReached,
                Errno.EAGAIN,
                "this thread has locked it as often as can be counted",
                "Unlock it first."),
            LockOutcome.Deadlock => (
                ShmErrorId.NativeCallFailed,
                Errno.EDEADLK,
                "its owner waits for a mutex that this thread holds",
                "Lock both in the same order everywhere."),
            _ => (ShmErrorId.NativeCallFailed, Errno.EDEADLK, "this thread holds it already", "Unlock it first."),
        };
        return NativeError.From(id, "futex", (int)errno, $"lock the {mutex}", condition, advice, target);
    }
}
