# What was looked at is something else a moment later: each act checks what it holds, not what it saw. The peers are C
# programs that change their mind all the time (tests/native/swapper.c).

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
    $noTracer = (id -u) -ne 0 -or -not @($env:PATH -split ':' | Where-Object { Test-Path "$_/strace" }).Count
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $name = "/pst-race-$PID"

    # Runs a block again and again beside a swapper, until it has been run often enough; what it gave, counted.
    function Measure-Race([string[]] $Swapper, [int] $Times, [scriptblock] $Round) {
        $peer = Start-Program (Get-NativeProgram swapper.c) $Swapper
        try {
            $peer.StandardOutput.ReadLine() | Should -BeExactly 'ready'
            $counts = @{}
            for ($i = 0; $i -lt $Times; $i++) { $counts["$(. $Round)"]++ }
            $counts
        }
        finally {
            $peer.StandardInput.Close()
            if (-not $peer.WaitForExit(20000)) { $peer.Kill() }
            $script:said = $peer.StandardOutput.ReadToEnd().Trim()
            $peer.Dispose()
        }
    }
}

AfterAll {
    Get-ShmMapping | ForEach-Object { $_.Dispose() }
    Remove-Item "/dev/shm$name*" -ErrorAction Ignore
}

Describe 'A peer that changes its mind' -Tag Compiler -Skip:$noCompiler {
    It 'never has its plain file mounted as a memfd, nor written to' {
        $file = "$TestDrive/plain"
        Set-Content $file ('NOTAMEMFD' + 'x' * 4087) -NoNewline
        $counts = Measure-Race descriptor, 100, $file 400 {
            $mapping =
                Mount-ShmSegment -ProcessId $peer.Id -Descriptor 100 -ErrorAction SilentlyContinue -ErrorVariable failed
            if ($mapping) {
                $text = Read-ShmData $mapping -As String -Count 9
                # Found by the way round of a scan, it may be for reading only.
                if ($mapping.Protection -band 'Write') { $mapping.Writer.WriteBytes(0, [byte[]](0, 0)) }
                $mapping.Dispose()
                $text[0] -eq 'N' ? 'a plain file' : 'a memfd'
            }
            else { $failed[0].FullyQualifiedErrorId.Split(',')[0] }
        }
        $counts.Keys | Sort-Object | Should -Be 'a memfd', 'NotSupportedByKind'
        Get-Content $file -Raw | Should -BeLike 'NOTAMEMFD*'
    }

    It 'never loses another object than the one that was listed' {
        $a, $b = "$name-a", "$name-b"
        $script:wrong = 0
        $counts = Measure-Race names, $a, $b 200 {
            Remove-Item "/dev/shm$a", "/dev/shm$b" -ErrorAction Ignore
            $null = New-ShmSegment $b -Size 8192
            $null = New-ShmSegment $a -Size 4096
            $listed = Get-ShmSegment $a
            $listed | Remove-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable failed

            # The exchange does not stop: both are looked for until one of them is there, which takes one look or two.
            $other = $listed.Size -eq 4096 ? 8192 : 4096
            Wait-Condition { @(Get-ShmSegment "$name-*" | Where-Object Size -EQ $other).Count -gt 0 }
            if (-not $failed) { 'removed' } else { $failed[0].FullyQualifiedErrorId.Split(',')[0] }
        }
        $counts.Keys | Should -BeIn 'removed', 'IdentityChanged', 'SegmentNotFound', 'SegmentExists'
        $counts['removed'] | Should -BeGreaterThan 0
        $counts['IdentityChanged'] | Should -BeGreaterThan 0
        @(Get-ChildItem /dev/shm -Force -Filter '.pssharedmemory-*').Count | Should -Be 0
    }

    It 'does not make New-ShmSegment -AllowExisting fail, for a key that comes and goes' {
        $key = 0x70000000 + $PID
        $counts = Measure-Race key, $key, 4096 1500 {
            try { $null = New-ShmSegment -Key $key -Size 4096 -AllowExisting -ErrorAction Stop; 'ok' }
            catch { $_.FullyQualifiedErrorId.Split(',')[0] }
        }
        $counts.Keys | Should -Be 'ok'
        ipcrm -M $key 2> $null
    }

    It 'does not make an open fail, for an object that others hold a lease on' {
        $null = New-ShmSegment $name -Size 4096
        $counts = Measure-Race lease, $name 600 {
            try { $null = Read-ShmData $name -Count 4 -ErrorAction Stop; 'ok' } catch {
                $_.FullyQualifiedErrorId.Split(',')[0]
            }
        }
        $counts.Keys | Should -Be 'ok'
    }

    It 'keeps next to no open of others from an object that it judges' {
        # A lease that is asked for and given back in two calls; a sleep or a look between them would fail most opens.
        $null = New-ShmSegment "$name-judged" -Size 4096
        $peer = Start-Program perl '-e', @'
use Fcntl; use Errno; $| = 1; my ($n, $e) = (0, 0); my $bits = ''; vec($bits, 0, 1) = 1; print "ready\n";
until (select(my $ready = $bits, undef, undef, 0)) {
    for (1 .. 100) { $n++; if (sysopen(my $f, $ARGV[0], O_RDWR | O_NONBLOCK)) { close $f } elsif ($!{EAGAIN}) { $e++ } }
}
print "$e $n\n";
'@, "/dev/shm$name-judged"
        try {
            $peer.StandardOutput.ReadLine() | Should -BeExactly 'ready'
            1..20 | ForEach-Object { $null = Get-ShmStat "$name-judged" }
            $peer.StandardInput.Close()
            $failed, $all = -split $peer.StandardOutput.ReadLine()
        }
        finally {
            if (-not $peer.WaitForExit(20000)) { $peer.Kill() }
            $peer.Dispose()
        }
        [int] $all | Should -BeGreaterThan 1000
        [int] $failed | Should -BeLessThan ([int] $all / 50)
    }
}

Describe 'A directory in which objects are checked before they are removed' -Tag Root -Skip:$noTracer {
    It 'is not used when the owner of the directory above puts <what> in its place' -ForEach @(
        @{ what = 'one of its own'; how = 'own' }, @{ what = "one of ours that is open to all"; how = 'open' }
    ) {
        . "$PSScriptRoot/ChildHost.ps1"
        $folder = "/dev/shm$name-theirs"
        $peer = $null
        mkdir -m 0777 $folder
        chown 65534 $folder
        mkdir -m 0777 "$folder/open"
        try {
            $start = [Diagnostics.ProcessStartInfo]::new('setpriv', [string[]](
                    '--reuid=65534', '--clear-groups', 'perl', "$PSScriptRoot/../native/replace-directory.pl", $folder,
                    $how))
            $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
            $peer = [Diagnostics.Process]::Start($start)
            $peer.StandardOutput.ReadLine() | Should -BeExactly 'ready'

            # The kernel's answers come late: the peer has time to replace it, and to see what is moved there.
            $through = 'strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=mkdirat,renameat2', '-e',
                'inject=mkdirat,renameat2:delay_exit=300000'
            Invoke-ChildHost -Through $through -Script @"
`$null = New-ShmSegment $name-theirs/a -Size 4096 -Mode 0644
Get-ShmSegment $name-theirs/a | Remove-ShmSegment
"@ | Should -BeNullOrEmpty
            $peer.StandardInput.Close()
            $said = $peer.StandardOutput.ReadToEnd() -split "`n" -ne ''
            "$folder/a" | Should -Not -Exist
            $said[0] | Should -BeExactly 'replaced'
            $said | Should -HaveCount 1 -Because 'nothing was moved into a directory that others can enter'
        }
        finally {
            if ($peer -and -not $peer.WaitForExit(5000)) { $peer.Kill() }
            Remove-Item $folder -Recurse -Force
        }
    }
}
