using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>
/// Completes the accounts of this host's own files; those of a directory server can be typed as well.
/// </summary>
public abstract class AccountCompleter : ShmCompleter
{
    private readonly string _path;

    private protected AccountCompleter(string path) => _path = path;

    private protected sealed override IEnumerable<(string Text, string Tooltip)> Candidates(
        IDictionary boundParameters) =>
        ReadLines()
            .Select(static line => line.Split(':'))
            .Where(static fields => fields.Length > 2)
            .OrderBy(static fields => fields[0], System.StringComparer.Ordinal)
            .Select(static fields => (fields[0], $"{fields[0]}: {fields[2]}"));

    private string[] ReadLines()
    {
        try
        {
            return File.ReadAllLines(_path);
        }
        catch (IOException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }
}

/// <summary>Completes users.</summary>
public sealed class UserCompleter() : AccountCompleter("/etc/passwd");

/// <summary>Completes groups.</summary>
public sealed class GroupCompleter() : AccountCompleter("/etc/group");
