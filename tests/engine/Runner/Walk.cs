using System;
using System.Collections.Generic;
using System.IO;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>What Walk.ps1 calls while the tests run.</summary>
public sealed class Walk(TestBlock root, string testDrive)
{
    private readonly Stack<HashSet<string>> _filesBefore = new();

    public TestBlock Root { get; } = root;

    public void EnterBlock(TestBlock block) => _filesBefore.Push(InTestDrive());

    /// <summary>As in Pester, what a block put into $TestDrive goes with the block.</summary>
    public void LeaveBlock(TestBlock block)
    {
        var before = _filesBefore.Pop();
        foreach (var entry in InTestDrive())
        {
            // What lay in a folder has gone with it.
            if (before.Contains(entry) || !Directory.Exists(Path.GetDirectoryName(entry)))
            {
                continue;
            }

            if (Directory.Exists(entry) && !new DirectoryInfo(entry).Attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                Directory.Delete(entry, recursive: true);
            }
            else
            {
                File.Delete(entry);
            }
        }
    }

    private HashSet<string> InTestDrive() =>
        new(Directory.GetFileSystemEntries(testDrive, "*", SearchOption.AllDirectories), StringComparer.Ordinal);
}
