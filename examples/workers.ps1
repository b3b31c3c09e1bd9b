#!/usr/bin/env pwsh
# PowerShell hands out work, programs in Python and C do it: two queues in shared memory, and any number of workers.
# A worker that is killed loses nothing: what it had taken goes to another. Needs gcc and python3.

param(
    [int] $Jobs = 100,
    [string] $Name = "/workers-$PID",
    [string] $ModulePath = [IO.Path]::GetFullPath("$PSScriptRoot/../out/PSSharedMemory"),
    [string] $Folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), "workers-$PID")
)

$ErrorActionPreference = 'Stop'
Import-Module $ModulePath

$include = [IO.Path]::GetFullPath("$PSScriptRoot/../include")
$library, $program = "$Folder/libpssharedmemory.so", "$Folder/workers"
$null = [IO.Directory]::CreateDirectory($Folder)
gcc -shared -fPIC -O2 '-DPSSM_API=' -x c "$include/pssharedmemory.h" -o $library -lpthread
gcc -O2 "-I$include" -o $program "$PSScriptRoot/workers.c" -lpthread

$work = New-ShmQueue "$Name-jobs" -Capacity 64KB
$done = New-ShmQueue "$Name-results" -Capacity 64KB
$workers = @()
try {
    $python = (Get-Command python3 -CommandType Application | Select-Object -First 1).Path
    $workers = @(
        [Diagnostics.Process]::Start($python, @("$PSScriptRoot/workers.py", $library, $work.Name, $done.Name))
        [Diagnostics.Process]::Start($program, @($work.Name, $done.Name))
    )

    # Both are there: they sleep until there is something to do.
    while ($work.WaitingReceivers -lt $workers.Count) {
        if ($workers.HasExited -contains $true) { throw 'A worker has ended.' }
        Start-Sleep -Milliseconds 10
    }

    # Text is what all three have; $null says that it is over.
    1..$Jobs | ForEach-Object { "$_" } | Send-ShmMessage $work
    $workers | ForEach-Object { Send-ShmMessage $work $null }

    Receive-ShmMessage $done -Count $Jobs -TimeoutSec 60 | ForEach-Object {
        $number, $square, $by = $_ -split ' '
        [pscustomobject]@{ Number = [int] $number; Square = [long] $square; By = $by }
    }

    foreach ($worker in $workers) {
        if (-not $worker.WaitForExit(30000)) { throw "A worker did not end." }
    }
}
finally {
    foreach ($worker in $workers) { if (-not $worker.HasExited) { $worker.Kill() } }
    $work, $done | ForEach-Object { $_.Dispose() }
    Remove-ShmSegment "$Name-jobs", "$Name-results"
    [IO.Directory]::Delete($Folder, $true)
}
