namespace PSSharedMemory;

/// <summary>The state in which a lock was acquired. Either way, the caller holds it.</summary>
public enum ShmLockResult : long
{
    /// <summary>Its last owner had unlocked it.</summary>
    Locked,

    /// <summary>Its last owner died holding it: what it protects may be inconsistent.</summary>
    OwnerDied,
}
