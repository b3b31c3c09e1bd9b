# The example script on a segment that Perl writes and changes.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $script = Convert-Path "$PSScriptRoot/../../examples/debug-segment.ps1"
    $name = "/pst-data-debug-$PID"
    $file = "/dev/shm$name"
}

Describe 'examples/debug-segment.ps1' {
    AfterEach {
        Remove-Item $file -ErrorAction Ignore
        Remove-Item "/tmp/pst-data-debug-$PID" -ErrorAction Ignore
        Remove-Item "/tmp/pst-data-debug-$PID.json" -ErrorAction Ignore
    }

    It 'finds the structs of a foreign program, and keeps a snapshot' {
        perl -e 'open F, ">", $ARGV[0]; print F pack("x100 V a12 x4000", 0x534D454D, "first"), pack("V a12", 0x534D454D, "second")' $file
        $out = @(& $script $name -Magic 0x534D454D -Bytes 16 -TimeoutSec 0 -SnapshotPath "/tmp/pst-data-debug-$PID")
        $out[0] | Should -BeLike '2 places *'
        $out[1].Offset | Should -Be 100
        $out[2].Text | Should -BeExactly 'MEMSsecond......'
        $out[-1] | Should -BeExactly '0 runs of bytes differ from the snapshot.'
        cmp $file "/tmp/pst-data-debug-$PID" | Should -BeNullOrEmpty
    }

    It 'shows what a foreign program changes' {
        perl -e 'open F, ">", $ARGV[0]; print F pack("V x4092", 0x534D454D)' $file
        $writer = [System.Diagnostics.Process]::Start(
            'perl', [string[]]@(
                '-e',
                'while (1) { open F, "+<", $ARGV[0] or exit; seek F, 2000, 0; syswrite F, pack("V", ++$i); close F; select undef, undef, undef, 0.05 }',
                $file))
        try {
            $out = @(& $script $name -Magic 0x534D454D -Bytes 16)
            ($out | Where-Object Side -EQ '<')[0].Offset | Should -Be 2000
        }
        finally { $writer.Kill(); $writer.WaitForExit() }
    }
}
