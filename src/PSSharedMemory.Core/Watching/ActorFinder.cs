namespace PSSharedMemory;

/// <summary>Who did something.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Command">Its name; null if it had ended before it could be asked.</param>
/// <param name="User">Its user; null likewise.</param>
internal sealed record EventActor(int ProcessId, string? Command, string? User);

/// <summary>Looks up processes by their ids.</summary>
internal sealed class ActorFinder
{
    private readonly AccountNames _accounts = new();

    /// <summary>
    /// A process by its id, which may have been reused: the caller checks whether it's still the same.
    /// </summary>
    public EventActor Find(int processId, System.Func<bool> isStill)
    {
        using var reader = new ProcReader();
        var found = reader.Enter(processId) >= 0 ? ProcessIdentity.Read(reader) : null;
        return found is not null && isStill()
            ? new EventActor(processId, found.Name, _accounts.User(found.UserId))
            : new EventActor(processId, null, null);
    }

    /// <summary>
    /// Who made a call that was traced: the same process only if it began before. One that has ended keeps the name
    /// that the kernel told of it.
    /// </summary>
    public EventActor Find(SysVCall call)
    {
        using var reader = new ProcReader();
        var found = reader.Enter(call.ProcessId) >= 0 ? ProcessIdentity.Read(reader) : null;
        return found is not null && ProcessStart.AgeOf(found.StartTicks) >= call.Age
            ? new EventActor(call.ProcessId, found.Name, _accounts.User(found.UserId))
            : new EventActor(call.ProcessId, call.Name, null);
    }

    /// <summary>A process that the kernel names in its books; null for none.</summary>
    public EventActor? Find(int? processId) => processId is { } id ? Find(id, () => true) : null;
}
