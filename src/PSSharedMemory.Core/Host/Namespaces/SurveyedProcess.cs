namespace PSSharedMemory;

/// <summary>Where one process lives.</summary>
/// <param name="Door">The process.</param>
/// <param name="IpcInode">Inode of its IPC namespace; 0 where this user may not know.</param>
/// <param name="MountInode">Inode of its mount namespace; 0 likewise.</param>
/// <param name="Container">The container that its control group names; null for none.</param>
internal sealed record SurveyedProcess(ProcessDoor Door, ulong IpcInode, ulong MountInode, ContainerName? Container)
{
    /// <summary>Device of its root directory; 0 where this user may not know.</summary>
    public ulong RootDevice { get; init; }

    /// <summary>
    /// Inode of its root directory; 0 likewise. With the mount namespace it tells what its paths lead to.
    /// </summary>
    public ulong RootInode { get; init; }

    /// <summary>Its id.</summary>
    public int Id => Door.ProcessId;
}
