# The runs in which two ranges differ; cmp(1) sees the same bytes.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $one = "/pst-data-cmp1-$PID"
    $two = "/pst-data-cmp2-$PID"
}

Describe 'Compare-ShmData' {
    BeforeEach {
        $left = New-ShmSegment $one -Size 20000 -Mount
        $right = New-ShmSegment $two -Size 20000 -Mount
    }

    AfterEach {
        $left.Dispose()
        $right.Dispose()
        Remove-Item "/dev/shm$one" -ErrorAction Ignore
        Remove-Item "/dev/shm$two" -ErrorAction Ignore
    }

    It 'finds nothing in two that are alike' {
        Compare-ShmData $left $right | Should -BeNullOrEmpty
    }

    It 'finds every run, and no other byte than cmp' {
        Write-ShmData $left ([byte[]](1, 2, 3)) -Offset 100
        Write-ShmData $right ([byte[]](9)) -Offset 101
        Write-ShmData $right ([byte[]](4, 0, 4)) -Offset 19997
        $runs = @(Compare-ShmData $left $right)
        $runs.Offset | Should -Be 100, 19997, 19999
        $runs | ForEach-Object Length | Should -Be 3, 1, 1
        $runs[0].Bytes | Should -Be 1, 2, 3
        $runs[0].DifferenceHex | Should -BeExactly '00 09 00'
        $seen = $runs | ForEach-Object { for ($i = 0; $i -lt $_.Length; $i++) { $_.Offset + $i + 1 } }
        $seen | Should -Be (cmp -l "/dev/shm$one" "/dev/shm$two" | ForEach-Object { $_.Trim().Split(' ')[0] })
    }

    It 'takes the other side as <_>' -ForEach 'mapping', 'segment', 'name', 'array', 'path', 'text' {
        Write-ShmData $left ([byte]5) -Offset 7
        $other = switch ($_) {
            'mapping' { @{ Difference = $right } }
            'segment' { @{ Difference = Get-ShmSegment $two } }
            'name' { @{ DifferenceName = $two } }
            'text' { @{ Difference = $two } }
            'array' { @{ Difference = [byte[]]::new(20000) } }
            'path' { @{ DifferencePath = "/dev/shm$two" } }
        }
        (Compare-ShmData $left @other).Offset | Should -Be 7
    }

    It 'compares ranges at different offsets' {
        Write-ShmData $left 'hello' -Offset 10
        Write-ShmData $right 'hellO' -Offset 500
        $run = Compare-ShmData $left $right -Offset 10 -Length 5 -DifferenceOffset 500
        $run.Offset | Should -Be 14
        $run.DifferenceOffset | Should -Be 504
    }

    It 'compares two ranges of one mapping' {
        Write-ShmData $left 'aaab' -Offset 0
        Compare-ShmData $left $left -Length 3 -DifferenceOffset 1 | ForEach-Object Offset | Should -Be 2
    }

    It 'says what only one side has' {
        $run = Compare-ShmData $left ([byte[]]::new(100))
        $run.Offset | Should -Be 100
        $run.Length | Should -Be 19900
        $run.Bytes.Count | Should -Be 16
        $run.DifferenceBytes.Count | Should -Be 0
    }

    It 'stops after -First' {
        Write-ShmData $left ([byte[]](1, 0, 1, 0, 1))
        @(Compare-ShmData $left $right -First 2).Offset | Should -Be 0, 2
    }

    It 'finds what changed since a snapshot' {
        $folder = [System.IO.Directory]::CreateTempSubdirectory('pst-data-')
        try {
            Export-ShmSegment $one "$folder/before"
            Write-ShmData $left 'changed' -Offset 4000
            (Compare-ShmData $left -DifferencePath "$folder/before").Offset | Should -Be 4000
        }
        finally { $folder.Delete($true) }
    }

    It 'OutOfRange where the other side is shorter than -Length' {
        { Compare-ShmData $left ([byte[]](1, 2)) -Length 3 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
    }

    It 'PathNotFound for a file that is not there' {
        { Compare-ShmData $left -DifferencePath /nonexistent/file -ErrorAction Stop } |
            Should -Throw -ErrorId 'PathNotFound,*'
    }

    It 'wants one other side' {
        { Compare-ShmData $left } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
        { Compare-ShmData $left $right -DifferenceName $two } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }
}
