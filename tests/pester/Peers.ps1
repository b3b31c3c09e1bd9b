# Foreign peers for test files: dot-source this in BeforeAll (and in BeforeDiscovery for Test-Compiler). The programs
# and their language are in tests/native.

# Whether a C program can be compiled here; tests that need it have the tag Compiler and -Skip:(-not (Test-Compiler)).
function Test-Compiler {
    @($env:PATH -split ':' | Where-Object { Test-Path "$_/gcc" }).Count -gt 0
}

# Compiles a C source of tests/native once, and again when it has changed. Returns the program's path.
function Get-NativeProgram {
    param([Parameter(Mandatory)] [string] $Source, [string[]] $Option = @())
    $sourcePath = [IO.Path]::GetFullPath("$PSScriptRoot/../native/$Source")
    $folder = [IO.Directory]::CreateDirectory([IO.Path]::GetFullPath("$PSScriptRoot/../../out/native")).FullName
    $program = "$folder/$([IO.Path]::GetFileNameWithoutExtension($Source))"
    $header = [IO.Path]::GetFullPath("$PSScriptRoot/../../include/pssharedmemory.h")
    $headers = [IO.Directory]::GetFiles("$PSScriptRoot/../native", '*.h')
    $newest = (@($sourcePath, $header) + $headers).ForEach({ [IO.File]::GetLastWriteTimeUtc($_) }) | Sort-Object |
        Select-Object -Last 1
    if (-not [IO.File]::Exists($program) -or [IO.File]::GetLastWriteTimeUtc($program) -lt $newest) {
        # Another run may compile it at the same moment: each makes its own and puts it in place at once.
        $new = "$program.$PID"
        $said = & gcc -std=gnu17 -Wall -Wextra -O1 -o $new $sourcePath @Option -lpthread -lrt 2>&1
        if ($LASTEXITCODE -ne 0) { throw "gcc cannot compile ${Source}: $said" }
        [IO.File]::Move($new, $program, $true)
    }
    $program
}

# Starts a program that reads what this test writes, and writes what it reads. -DiscardError: what it complains about is
# nobody's, but may not fill its pipe.
function Start-Program {
    param([Parameter(Mandatory)] [string] $Path, [string[]] $ArgumentList = @(), [switch] $DiscardError)
    $start = [Diagnostics.ProcessStartInfo]::new($Path, $ArgumentList)
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $DiscardError
    $process = [Diagnostics.Process]::Start($start)
    if ($DiscardError) { $null = $process.StandardError.ReadToEndAsync() }
    $process
}

# Starts a peer: the C one or the Perl one. The arguments are its own.
function Start-Peer {
    param([ValidateSet('C', 'Perl')] [string] $Language = 'Perl', [string[]] $ArgumentList = @())
    if ($Language -eq 'C') { Start-Program (Get-NativeProgram shmpeer.c) $ArgumentList }
    else { Start-Program perl (@([IO.Path]::GetFullPath("$PSScriptRoot/../native/shmpeer.pl")) + $ArgumentList) }
}

# Starts a C program at the other end of a queue or a dictionary, over the header of include.
function Start-CollectionPeer {
    param([Parameter(Mandatory)] [string] $Source, [Parameter(Mandatory)] [string] $Name)
    $include = [IO.Path]::GetFullPath("$PSScriptRoot/../../include")
    $peer = Start-Program (Get-NativeProgram $Source -Option "-I$include") $Name
    $said = $peer.StandardOutput.ReadLine()
    if ($said -ne 'ok ') { throw "The peer cannot open ${Name}: $said" }
    $peer
}

# Tells a peer one line and returns its answer without the "ok"; an error is thrown as "FUNCTION ERRNO".
function Send-Peer {
    param([Parameter(Mandatory)] [Diagnostics.Process] $Peer, [Parameter(Mandatory)] [string] $Line,
        [double] $TimeoutSec = 30)
    $Peer.StandardInput.WriteLine($Line)
    $Peer.StandardInput.Flush()
    $answer = $Peer.StandardOutput.ReadLineAsync()
    if (-not $answer.Wait([TimeSpan]::FromSeconds($TimeoutSec))) { throw "The peer did not answer to '$Line'." }
    if ($null -eq $answer.Result) { throw "The peer ended at '$Line'." }
    if ($answer.Result -notmatch '^ok ?(.*)$') { throw ($answer.Result -replace '^error ') }
    $Matches[1]
}

# Ends a peer, by the end of its input or by SIGKILL, and returns its exit code (137 for SIGKILL).
function Stop-Peer {
    param([Parameter(Mandatory)] [Diagnostics.Process] $Peer, [switch] $Kill)
    if ($Kill) { $Peer.Kill() } else { $Peer.StandardInput.Close() }
    if (-not $Peer.WaitForExit(30000)) { throw 'The peer did not end.' }
    $Peer.ExitCode
    $Peer.Dispose()
}

# Waits until the block gives something true, and fails when it does not within the time.
function Wait-Condition {
    param([Parameter(Mandatory)] [scriptblock] $Condition, [double] $TimeoutSec = 30)
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($clock.Elapsed.TotalSeconds -gt $TimeoutSec) { throw "Waited $TimeoutSec s for: $Condition" }
        Start-Sleep -Milliseconds 5
    }
}

# Waits until nobody holds a System V segment: the kernel detaches what a process has held after it has ended, and later
# still while others read the process's maps.
function Wait-Detached([int] $Id) {
    Wait-Condition { @(ipcs -m | Where-Object { (-split $_)[1] -eq $Id -and (-split $_)[5] -eq 0 }).Count -eq 1 } 20
}

# Stops what a shell runs, as Ctrl+C does: the milliseconds until it had ended. A busy host delays any thread, so the
# least of up to five counts; the block starts one, sees that it waits, and returns its shell.
function Measure-Stop {
    param([Parameter(Mandatory)] [scriptblock] $Start)
    $least = [long]::MaxValue
    for ($turn = 0; $turn -lt 5 -and $least -ge 100; $turn++) {
        $shell = & $Start
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        $least = [Math]::Min($least, $clock.ElapsedMilliseconds)
        $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $shell.Dispose()
    }
    $least
}
