# Programs that share a queue or a dictionary are killed: at every instruction (C), at random all of them together.
# PSSHM_KILLS sets how many: 10,000 by hand; few here. tests/unit kills C# programs.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
    $hasPython = @($env:PATH -split ':' | Where-Object { Test-Path "$_/python3" }).Count -gt 0
    $noSteps = $noCompiler -or [Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture -ne 'X64'
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $include = [IO.Path]::GetFullPath("$PSScriptRoot/../../include")
}

Describe 'A C program that is killed' -Tag Compiler, Slow -Skip:$noSteps {
    It 'leaves a <what> that the others go on with, whatever instruction it is killed at' -ForEach @(
        @{ what = 'queue' }, @{ what = 'dictionary' }
    ) {
        # Every 97th instruction of each; `<what>-killer 1` takes them all.
        $said = & (Get-NativeProgram "$what-killer.c" -Option "-I$include") 97
        $said[-1] | Should -Match '^kills \d{2,} held [1-9]\d* failures 0$' -Because ($said -join "`n")
        $LASTEXITCODE | Should -Be 0
    }
}

Describe 'Producers and consumers in pwsh, C and Python' -Tag Compiler, Slow -Skip:($noCompiler -or -not $hasPython) {
    BeforeAll {
        $native = [IO.Path]::GetFullPath("$PSScriptRoot/../native")
        $name = "/pst-chaos-$PID"
        $module = (Get-Module PSSharedMemory).Path -replace 'dll$', 'psd1'
        $program = Get-NativeProgram chaos-peer.c -Option "-I$include"
        $library = "$TestDrive/libpssharedmemory.so"
        gcc -shared -fPIC -O1 '-DPSSM_API=' -x c "$include/pssharedmemory.h" -o $library -lpthread

        # SIGSTOP and SIGCONT without a process for each.
        Add-Type -Namespace PSShmChaos -Name Signals -MemberDefinition @'
[DllImport("libc")] public static extern int kill(int process, int signal);
'@

        # Starts one; its file is named after what it does, and its process.
        function Start-ChaosPeer([string] $Language, [string] $Work) {
            $id = [guid]::NewGuid().ToString('N')
            $file = "$TestDrive/$Work-$id"
            $start = switch ($Language) {
                C { $program, @($Work, $name, $file) }
                Python { 'python3', @("$native/chaos-peer.py", $Work, $name, $file, $library) }
                pwsh { 'pwsh', @('-NoProfile', '-File', "$native/chaos-peer.ps1", $Work, $name, $file, $module) }
            }
            [pscustomobject]@{
                Id = $id; Language = $Language; Work = $Work; File = $file; IsKilled = $false
                Process = [Diagnostics.Process]::Start($start[0], [string[]] $start[1])
            }
        }
    }

    It 'lose no message, double none whose taker lives, tear none and never hang, whoever is killed or stopped' {
        $signals = [int]($env:PSSHM_KILLS ?? 40)
        $random = [Random]::new($signals)
        $q = New-ShmQueue $name -Capacity 256KB
        $all = [Collections.Generic.List[object]]::new()
        $alive = [Collections.Generic.List[object]]::new()
        $killed = $stopped = 0
        try {
            foreach ($work in 'produce', 'consume') {
                foreach ($language in 'C', 'C', 'Python', 'pwsh') { $alive.Add((Start-ChaosPeer $language $work)) }
            }
            $all.AddRange($alive)
            foreach ($peer in $alive) { Wait-Condition { (Get-Item $peer.File -ErrorAction Ignore).Length -gt 0 } 60 }

            for ($i = 0; $i -lt $signals; $i++) {
                [Threading.Thread]::Sleep($random.Next(8))
                $index = $random.Next(8)
                $victim = $alive[$index]
                # A shell takes long to start: it is stopped more often than killed.
                if ($random.Next(100) -lt ($victim.Language -eq 'pwsh' ? 6 : 50)) {
                    $victim.Process.Kill()
                    $victim.Process.WaitForExit()
                    $victim.IsKilled = $true
                    $alive[$index] = Start-ChaosPeer $victim.Language $victim.Work
                    $all.Add($alive[$index])
                    $killed++
                }
                else {
                    $null = [PSShmChaos.Signals]::kill($victim.Process.Id, 19)
                    [Threading.Thread]::Sleep($random.Next(15))
                    $null = [PSShmChaos.Signals]::kill($victim.Process.Id, 18)
                    $stopped++
                }
                if ($alive.Where({ $_.Process.HasExited })) { throw "A peer has ended by itself." }
            }

            # The producers go; what they have put is taken to the last.
            foreach ($peer in $alive.Where({ $_.Work -eq 'produce' })) {
                $peer.Process.Kill()
                $peer.Process.WaitForExit()
            }
            Wait-Condition { $q.BytesUsed -eq 0 -and $q.Count -eq 0 } 60
            $q.ClaimProcessIds | Should -HaveCount 0
            Send-ShmMessage $q "$('0' * 32):0:" -TimeoutSec 5
            Wait-Condition { $q.BytesUsed -eq 0 } 5
        }
        finally {
            foreach ($peer in $alive.Where({ -not $_.Process.HasExited })) {
                $peer.Process.Kill()
                $peer.Process.WaitForExit()
            }
            $q.Dispose()
            Remove-Item "/dev/shm$name"
        }

        # A message whose taker was killed before it was done comes again; no other does.
        $takers = @{}
        foreach ($peer in $all.Where({ $_.Work -eq 'consume' -and (Test-Path $_.File) })) {
            foreach ($line in Get-Content $peer.File) {
                if ($takers.ContainsKey($line)) { $takers[$line] += $peer } else { $takers[$line] = @($peer) }
            }
        }
        $takers.Keys -contains 'torn' | Should -BeFalse
        $null = $takers.Remove("$('0' * 32) 0")
        $twice = $takers.GetEnumerator().Where({ $_.Value.Count -gt 1 })
        $twice.Where({ $_.Value.Where({ -not $_.IsKilled }).Count -gt 1 }).Key | Should -BeNullOrEmpty
        $put = 0
        foreach ($peer in $all.Where({ $_.Work -eq 'produce' -and (Test-Path $_.File) })) {
            $numbers = Get-Content $peer.File
            $put += $numbers.Count
            $lost = foreach ($number in $numbers) { if (-not $takers.ContainsKey("$($peer.Id) $number")) { $number } }
            $lost | Should -BeNullOrEmpty -Because "what $($peer.Language) process $($peer.Process.Id) has put is taken"
        }
        # Beside what was noted, each producer may have put one more before it was killed.
        $takers.Count | Should -BeGreaterOrEqual $put
        $takers.Count - $put | Should -BeLessOrEqual $all.Where({ $_.Work -eq 'produce' }).Count
        Write-Verbose "$killed killed, $stopped stopped, $put put, $($twice.Count) taken twice" -Verbose
    }
}
