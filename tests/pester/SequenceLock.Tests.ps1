# A writer that never waits, and a reader that sees only whole frames; the writer is a Perl program.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "pst-seq-$PID"

    # Every frame has the same number in all eight values; it is half written for as long as it is whole.
    $writer = @'
        my ($name, $isPair) = @ARGV;
        open my $f, "+>", "/dev/shm/$name" or die; truncate $f, 4096;
        sub put { sysseek $f, $_[0], 0; syswrite $f, $_[1] }
        for (my $k = 1; ; $k++) {
            put 0, pack "L", $isPair ? $k : 2 * $k - 1;
            for my $i (0 .. 7) { put 16 + 8 * $i, pack "q", $k; select undef, undef, undef, 0.001 if $i == 3 }
            put $isPair ? 4 : 0, pack "L", $isPair ? $k : 2 * $k;
            select undef, undef, undef, 0.001;
        }
'@

    [IO.File]::WriteAllText("$TestDrive/writer.pl", $writer)

    function Start-Writer([switch] $Pair) {
        $process = Start-Process perl "$TestDrive/writer.pl", $name, ([int] [bool] $Pair) -PassThru
        $null = Wait-ShmSegment $name -TimeoutSec 20
        $null = Wait-ShmValue $name -GreaterThan 2 -TimeoutSec 20
        $process
    }

    function Test-Whole($Values) { @($Values | Select-Object -Unique).Count -eq 1 }
}

AfterAll { Remove-ShmSegment $name -ErrorAction Ignore }

Describe 'Read-ShmData -SequenceLock' {
    BeforeAll { $frame = New-ShmType 'struct frame { uint32_t seq, end; uint64_t spare; int64_t v[8]; };' }

    Context 'with a writer that makes its counter odd while it writes' {
        BeforeAll { $process = Start-Writer; $m = Mount-ShmSegment $name -ReadOnly }
        AfterAll { $process.Kill(); $process.WaitForExit(); Dismount-ShmSegment $m }

        It 'would see halves without it' {
            $end = [datetime]::UtcNow.AddSeconds(20)
            do { $read = Read-ShmData $m -As $frame } while ((Test-Whole $read.v) -and [datetime]::UtcNow -lt $end)
            Test-Whole $read.v | Should -BeFalse
        }

        It 'reads whole structs, whatever part of them' {
            foreach ($i in 1..20) {
                $read = Read-ShmData $m -As $frame -SequenceLock seq -TimeoutSec 20
                Test-Whole $read.v | Should -BeTrue
                $read.seq | Should -Be (2 * $read.v[0])
                $part = Read-ShmData $m -As $frame -Field 'v[0]', 'v[7]' -SequenceLock seq -TimeoutSec 20
                $part.'v[0]' | Should -Be $part.'v[7]'
            }
        }

        It 'reads numbers by the offset of the counter, also by -Stride' {
            foreach ($i in 1..10) {
                Test-Whole (Read-ShmData $m -As Int64 -Offset 16 -Count 8 -SequenceLock 0 -TimeoutSec 20) |
                    Should -BeTrue
                Test-Whole (Read-ShmData $m -As Int64 -Offset 16 -Stride 56 -Count 2 -SequenceLock 0 -TimeoutSec 20) |
                    Should -BeTrue
            }
        }
    }

    It 'reads whole structs of a writer with two counters' {
        $process = Start-Writer -Pair
        try {
            foreach ($i in 1..20) {
                $read = Read-ShmData $name -As $frame -SequenceLock seq, end -TimeoutSec 20
                Test-Whole $read.v | Should -BeTrue
                $read.seq, $read.end | Should -Be $read.v[0], $read.v[0]
            }
        }
        finally { $process.Kill(); $process.WaitForExit() }
    }

    Context 'with a writer that died in the middle' {
        BeforeAll {
            $m = New-ShmSegment -Private -Size 4KB -Ephemeral
            Write-ShmData $m 7 -As UInt32
        }
        AfterAll { Dismount-ShmSegment $m }

        It 'says so in time' {
            { Read-ShmData $m -As $frame -SequenceLock seq -TimeoutSec 0.1 -ErrorAction Stop } |
                Should -Throw -ErrorId 'WaitTimeout,*' -ExpectedMessage '*offset 0 is 7*odd*died*'
            { Read-ShmData $m -As $frame -SequenceLock seq, end -TimeoutSec 0 -ErrorAction Stop } |
                Should -Throw -ErrorId 'WaitTimeout,*' -ExpectedMessage '*are 7 and 0*'
        }

        It 'is ended by Ctrl+C' {
            $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
            $null = $shell.AddScript(
                "Import-Module '$PSScriptRoot/../../out/PSSharedMemory'; 'ready'; Read-ShmData `$args[0] -SequenceLock 0").
                AddArgument($m)
            $output = [Management.Automation.PSDataCollection[psobject]]::new()
            $running = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]] $null, $output)
            while ($output.Count -eq 0) { Start-Sleep -Milliseconds 20 }
            $running.AsyncWaitHandle.WaitOne(300) | Should -BeFalse
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
            $shell.Dispose()
        }
    }

    It 'refuses <Because>' -ForEach @(
        @{ Because = 'what is no field'; Lock = 'nothing'; Id = 'OutOfRange' }
        @{ Because = 'an array'; Lock = 'v'; Id = 'NotSupportedByKind' }
        @{ Because = 'counters of two sizes'; Lock = 'seq', 'spare'; Id = 'NotSupportedByKind' }
        @{ Because = 'one counter twice'; Lock = 'seq', 'seq'; Id = 'NotSupportedByKind' }
        @{ Because = 'an offset beyond the end'; Lock = 4096; Id = 'OutOfRange' }
    ) {
        $m = New-ShmSegment -Private -Size 4KB -Ephemeral
        try {
            { Read-ShmData $m -As $frame -SequenceLock $Lock -ErrorAction Stop } | Should -Throw -ErrorId "$Id,*"
        }
        finally { Dismount-ShmSegment $m }
    }

    It 'needs a type for a field, and a counter for a timeout' {
        $m = New-ShmSegment -Private -Size 4KB -Ephemeral
        try {
            { Read-ShmData $m -SequenceLock seq -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
            { Read-ShmData $m -As Int32 -TimeoutSec 1 -ErrorAction Stop } |
                Should -Throw -ErrorId 'NotSupportedByKind,*'
        }
        finally { Dismount-ShmSegment $m }
    }
}
