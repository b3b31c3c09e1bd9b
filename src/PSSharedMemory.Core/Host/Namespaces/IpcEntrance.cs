using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Makes calls in another IPC namespace. What is attached there stays attached to this process, whichever thread did
/// it: shmat(2) maps into the process.
/// </summary>
internal static class IpcEntrance
{
    /// <summary>Makes a call in a namespace; right here where this thread is in it already.</summary>
    /// <param name="wanted">The namespace.</param>
    /// <param name="doors">Processes that were in it; where all have ended, others are looked for.</param>
    /// <param name="call">What to do there. Its exceptions come back.</param>
    /// <exception cref="ShmException">
    /// SegmentNotFound: it has ended. AccessDenied: this user may not enter it.
    /// </exception>
    public static T Run<T>(IpcNamespace wanted, IReadOnlyList<ProcessDoor> doors, Func<T> call) =>
        IpcNamespace.Current.IsSame(wanted)
            ? call()
            : NamespaceThread.Run(wanted.Text, () => Enter(wanted, doors), call);

    private static void Enter(IpcNamespace wanted, IReadOnlyList<ProcessDoor> doors)
    {
        var status = TryEnter(wanted, doors);
        // An inode alone may be another namespace's by now, once the processes that were in this one have ended.
        if (status < 0 && ProcReader.IsGone(status) && (wanted.Id is not null || doors.Count == 0))
        {
            status = TryEnter(wanted, NamespaceSurvey.FindDoors(wanted));
            if (ProcReader.IsGone(status) && (status = NamespaceMounts.Enter(wanted)) >= 0)
            {
                wanted.NoteEntered([]);
            }
        }

        if (status >= 0)
        {
            return;
        }

        if (ProcReader.IsGone(status))
        {
            throw new ShmException(
                ShmErrorId.SegmentNotFound,
                $"Cannot enter {wanted.Text}: no process in it can be seen. The namespace has ended, or this user may "
                    + "not look into it.",
                wanted.Text);
        }

        throw (Errno)(-status) is Errno.EPERM or Errno.EACCES
            ? NativeError.From(
                ShmErrorId.AccessDenied, nameof(Libc.setns), -status, $"enter {wanted.Text}", "permission denied",
                "This needs CAP_SYS_ADMIN here and in the user namespace that owns it.", wanted.Text)
            : NativeError.From(nameof(Libc.setns), -status, $"enter {wanted.Text}", wanted.Text);
    }

    // One door that may not be used says more than others that are gone.
    private static int TryEnter(IpcNamespace wanted, IReadOnlyList<ProcessDoor> doors)
    {
        var worst = -(int)Errno.ESRCH;
        using var reader = new ProcReader();
        foreach (var door in doors)
        {
            var status = door.Enter(reader, Libc.CLONE_NEWIPC, "ns/ipc\0"u8);
            if (status >= 0 && IpcNamespace.Read("/proc/thread-self/ns/ipc") is { } entered && entered.IsSame(wanted))
            {
                entered.NoteEntered(doors);
                return 0;
            }

            worst = status >= 0 || ProcReader.IsGone(status) ? worst : status;
        }

        return worst;
    }
}
