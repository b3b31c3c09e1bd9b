namespace PSSharedMemory;

/// <summary>In what state a lock was got. In both cases the caller holds it.</summary>
public enum ShmLockResult : long
{
    /// <summary>Its last owner had unlocked it.</summary>
    Locked,

    /// <summary>Its last owner ended and held it: what it protects may be half done.</summary>
    OwnerDied,
}
