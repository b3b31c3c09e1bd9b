# The C peer of tests/native/sync-peer.c for test files, on top of Peers.ps1: dot-source this in BeforeAll. Send-Peer
# and Stop-Peer serve it as well.

. "$PSScriptRoot/Peers.ps1"

# Starts one on a POSIX name or a System V id.
function Start-SyncPeer {
    param([Parameter(Mandatory)] [string] $Segment, [string[]] $ArgumentList = @())
    $peer = Start-Program (Get-NativeProgram sync-peer.c) (@($Segment) + $ArgumentList)
    if ($peer.StandardOutput.ReadLine() -ne 'ok') { throw 'The peer did not start.' }
    $peer
}

# Tells a peer to do something that lasts; Receive-Peer takes its answer later.
function Send-PeerOnly {
    param([Parameter(Mandatory)] [Diagnostics.Process] $Peer, [Parameter(Mandatory)] [string] $Line)
    $Peer.StandardInput.WriteLine($Line)
    $Peer.StandardInput.Flush()
}

function Receive-Peer {
    param([Parameter(Mandatory)] [Diagnostics.Process] $Peer, [double] $TimeoutSec = 30)
    $answer = $Peer.StandardOutput.ReadLineAsync()
    if (-not $answer.Wait([TimeSpan]::FromSeconds($TimeoutSec))) { throw 'The peer did not answer.' }
    if ($answer.Result -notmatch '^ok ?(.*)$') { throw "The peer says: $($answer.Result)" }
    $Matches[1].Trim()
}

# Runs a script block text in a runspace of its own, on another thread; Stop() and EndInvoke() are the caller's.
function Start-Runspace {
    param([Parameter(Mandatory)] [string] $Script, [object[]] $ArgumentList = @())
    $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
    $module = Convert-Path "$PSScriptRoot/../../out/PSSharedMemory"
    # In a call of its own: to stop a batch of statements can end the whole process (an unhandled error of the engine).
    $null = $shell.AddScript("Import-Module '$module'").Invoke()
    $shell.Commands.Clear()
    $null = $shell.AddScript($Script)
    foreach ($argument in $ArgumentList) { $null = $shell.AddArgument($argument) }
    [pscustomobject]@{ Shell = $shell; Async = $shell.BeginInvoke() }
}

# Waits for it and returns its output; its errors are in $run.Shell.Streams.Error.
function Receive-Runspace {
    param([Parameter(Mandatory)] $Run, [int] $TimeoutMs = 30000)
    if (-not $Run.Async.AsyncWaitHandle.WaitOne($TimeoutMs)) { throw 'The runspace did not end.' }
    $Run.Shell.EndInvoke($Run.Async)
}
