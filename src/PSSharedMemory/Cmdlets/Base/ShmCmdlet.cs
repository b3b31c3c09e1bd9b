using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Threading;

namespace PSSharedMemory.Commands;

/// <summary>What all cmdlets share: the platform check, errors as records, Ctrl+C as a cancellation token.</summary>
public abstract class ShmCmdlet : PSCmdlet, IDisposable
{
    /// <summary>
    /// The largest -TimeoutSec: 68 years. A double, or PowerShell would round the user's value first.
    /// </summary>
    private protected const double LongestWait = int.MaxValue;

    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<ShmKind> _told = [];
    private RowViews? _rows;

    /// <summary>Cancelled by Ctrl+C.</summary>
    private protected CancellationToken Cancellation => _stopping.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        if (!ShmPlatform.IsSupported)
        {
            ThrowTerminatingError(ErrorRecords.From(ShmPlatform.NotSupported(), MyInvocation.MyCommand.Name));
        }

        Begin();
    }

    /// <summary>BeginProcessing, on a platform that has shared memory.</summary>
    private protected virtual void Begin()
    {
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stopping.Cancel();

    /// <summary>Releases what the cmdlet holds.</summary>
    private protected virtual void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            _stopping.Dispose();
        }
    }

    /// <summary>
    /// Asks by -WhatIf and -Confirm: others choose the names, which must not act on the terminal that asks.
    /// </summary>
    private protected new bool ShouldProcess(string target, string action) =>
        base.ShouldProcess(PrintableText.Of(target), PrintableText.Of(action));

    /// <summary>Asks where something is lost; where nobody can be asked, says what does it unasked.</summary>
    /// <exception cref="PSInvalidOperationException">There is no terminal to ask at.</exception>
    private protected new bool ShouldContinue(string query, string caption, ref bool yesToAll, ref bool noToAll)
    {
        var text = PrintableText.Of(query);
        try
        {
            return base.ShouldContinue(text, caption, ref yesToAll, ref noToAll);
        }
        // The console host has no better words for the end of its input.
        catch (Exception error) when (error is NullReferenceException or PSInvalidOperationException or HostException)
        {
            throw new PSInvalidOperationException(
                $"{text} This session cannot ask for confirmation; use -Force.", error);
        }
    }

    /// <summary>Text for -Verbose, made harmless likewise.</summary>
    private protected new void WriteVerbose(string text) => base.WriteVerbose(PrintableText.Of(text));

    /// <summary>A warning, made harmless likewise.</summary>
    private protected new void WriteWarning(string text) => base.WriteWarning(PrintableText.Of(text));

    /// <summary>Writes a row of a table, in the view that the terminal has room for.</summary>
    private protected void WriteRow(object row)
    {
        _rows ??= new RowViews(Host);
        WriteObject(_rows.Named(row));
    }

    /// <summary>
    /// All segments of this host, each family by itself: where one cannot be listed, that is an error, and the other is
    /// served all the same.
    /// </summary>
    private protected IReadOnlyCollection<ShmSegment> ListHost(ShmKind[]? kinds)
    {
        var listing = ShmListing.Read(kinds);
        TellFailures(listing.Failures);
        return [.. listing.Segments.OrderBy(static segment => segment.Kind).ThenBy(static segment => segment.Id)
            .ThenBy(static segment => segment.Name, StringComparer.Ordinal)];
    }

    /// <summary>Says why a family is missing in a listing, once.</summary>
    private protected void TellFailures(IEnumerable<KeyValuePair<ShmKind, ShmException>> failures)
    {
        foreach (var (family, error) in failures)
        {
            if (_told.Add(family))
            {
                WriteError(ErrorRecords.From(error, family, this));
            }
        }
    }

    /// <summary>Says that some kinds have no list: they are known by the processes that hold them.</summary>
    private protected void TellUnlisted(ShmKind[]? kinds)
    {
        foreach (var kind in kinds ?? [])
        {
            if (kind is ShmKind.MemFd or ShmKind.Anonymous)
            {
                WriteError(ErrorRecords.From(
                    new ShmException(
                        ShmErrorId.NotSupportedByKind,
                        $"Cannot list {kind} memory: it has no name or id, and ends with its last holder. "
                            + $"Get-ShmStat -Kind {kind} shows what processes hold.",
                        kind),
                    kind, this));
            }
        }
    }

    /// <summary>A -TimeoutSec as a time; null, which waits forever, where none was given.</summary>
    private protected static TimeSpan? Seconds(double? timeout) =>
        timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Serves one item: its failure is a record, and the next item is served.</summary>
    /// <param name="target">The item.</param>
    /// <param name="serve">What is done for it.</param>
    /// <returns>Whether it succeeded.</returns>
    private protected bool Attempt(object? target, Action serve)
    {
        try
        {
            serve();
            return true;
        }
        catch (ShmException error)
        {
            WriteError(ErrorRecords.From(error, target, this));
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorRecords.FromFile(error, target));
            return false;
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception error) when (ErrorRecords.FromItem(error, target) is { } record)
        {
            WriteError(record);
            return false;
        }
    }

    /// <summary>What an argument means, where that is found out here; what means nothing ends the cmdlet.</summary>
    private protected T Understand<T>(object? argument, Func<object?, T> read)
    {
        try
        {
            return read(argument);
        }
        catch (PSInvalidCastException error)
        {
            ThrowTerminatingError(
                new ErrorRecord(
                    new PSArgumentException(error.Message, error), "CannotConvertArgument",
                    ErrorCategory.InvalidArgument, argument));
            throw;
        }
    }

    /// <summary>The path of a file that the user named, on whatever drive; it need not be there.</summary>
    /// <exception cref="ShmException">
    /// InvalidName: it's empty, which would be the current folder; NotSupportedByKind: the drive has no files.
    /// </exception>
    /// <exception cref="SessionStateException">PowerShell's own, where there is no such drive.</exception>
    private protected string FileSystemPath(string path)
    {
        if (path.Length == 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidName, "The path is empty. Name a file, or '.' for the current folder.", path);
        }

        var found = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
        return provider.Name == "FileSystem" ? found : throw new ShmException(
            ShmErrorId.NotSupportedByKind,
            $"Cannot use '{path}': the drive is one of {provider.Name}, which has no files.", path);
    }

    /// <summary>Serves what the rest depends on: its failure ends the cmdlet.</summary>
    private protected T Require<T>(object? target, Func<T> serve)
    {
        try
        {
            return serve();
        }
        catch (ShmException error)
        {
            ThrowTerminatingError(ErrorRecords.From(error, target, this));
            throw;
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }
}
