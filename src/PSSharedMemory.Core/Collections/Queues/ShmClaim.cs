using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A message that is being worked on. It's still in the queue, and goes to another receiver if this process dies.
/// </summary>
public sealed class ShmClaim
{
    internal ShmClaim(ShmQueue queue, int number, ulong position, ShmMessage message)
    {
        Queue = queue;
        Number = number;
        Position = position;
        Message = message;
    }

    /// <summary>The queue.</summary>
    public ShmQueue Queue { get; }

    /// <summary>The message.</summary>
    public ShmMessage Message { get; }

    /// <summary>Which of the header's claim slots it has.</summary>
    internal int Number { get; }

    /// <summary>Where its record begins.</summary>
    internal ulong Position { get; }

    /// <summary>Completes the work: nobody gets the message again.</summary>
    /// <returns>False if the claim's lease had expired and another receiver has had the message since.</returns>
    /// <param name="cancellation">
    /// Ends the wait for a lock whose owner was stopped, within some 50 ms; the claim stays.
    /// </param>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmMutex.Lock"/>.</exception>
    /// <exception cref="System.OperationCanceledException">It was cancelled.</exception>
    public bool Complete(CancellationToken cancellation = default) => Queue.Settle(this, isDone: true, cancellation);

    /// <summary>Gives the message back to its old place in the order.</summary>
    /// <returns>As <see cref="Complete"/>.</returns>
    /// <param name="cancellation">
    /// Ends the wait for a lock whose owner was stopped, within some 50 ms; the claim stays.
    /// </param>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmMutex.Lock"/>.</exception>
    /// <exception cref="System.OperationCanceledException">It was cancelled.</exception>
    public bool Release(CancellationToken cancellation = default) => Queue.Settle(this, isDone: false, cancellation);
}
