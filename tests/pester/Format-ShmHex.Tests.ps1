# xxd(1) shows the same lines.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-data-hex-$PID"
    $file = "/dev/shm$name"
}

Describe 'Format-ShmHex' {
    BeforeEach {
        $mapping = New-ShmSegment $name -Size 5000 -Mount
        perl -e 'srand 3; open F, "+<", $ARGV[0]; syswrite F, join "", map { chr int rand 256 } 1..5000' $file
    }

    AfterEach {
        $mapping.Dispose()
        Remove-Item $file -ErrorAction Ignore
    }

    It 'shows what xxd shows, in lines of <_> bytes' -ForEach 16, 8, 32 {
        $lines = Format-ShmHex $mapping -Width $_ |
            ForEach-Object { [PSSharedMemory.Commands.ShmDisplay]::HexLine($_, $null) }
        $lines | Should -Be (xxd -g 1 -c $_ $file)
    }

    It 'shows a range with its offsets' {
        $lines = @(Format-ShmHex $mapping -Offset 100 -Length 20)
        $lines.Offset | Should -Be 100, 116
        $lines[1].Bytes | Should -Be ((Get-Content $file -AsByteStream -Raw)[116..119])
        $lines[1].Hex | Should -BeExactly ((xxd -p -s 116 -l 4 $file) -replace '(..)(?=.)', '$1 ')
    }

    It 'marks what differs in the data, and says it without colours' {
        $other = Get-Content $file -AsByteStream -Raw
        $other[17] = $other[17] -bxor 255
        $lines = @(Format-ShmHex $mapping $other -Length 48)
        $lines.Side | Should -Be '=', '<', '>', '='
        $lines[1].Different | Should -Be 1
        $lines[2].Bytes[1] | Should -Be $other[17]
        $lines | ForEach-Object { "$($_.Hex)$($_.Text)" | Should -Not -Match "`e" }
        [PSSharedMemory.Commands.ShmDisplay]::HexLine($lines[1], $null) | Should -BeLike '< 00000010: *'
    }

    It 'colours only the bytes that differ' {
        $other = Get-Content $file -AsByteStream -Raw
        $other[17] = $other[17] -bxor 255
        $lines = @(Format-ShmHex $mapping $other -Offset 16 -Length 16)
        $shown = [PSSharedMemory.Commands.ShmDisplay]::HexLine($lines[0], '<r>', '<g>', '</>')
        $shown | Should -BeLike "*: $($lines[0].Hex.Substring(0, 2)) <r>$($lines[0].Hex.Substring(3, 2))</> *"
        [regex]::Matches($shown, '<r>').Count | Should -Be 2
        [PSSharedMemory.Commands.ShmDisplay]::HexLine($lines[1], '<r>', '<g>', '</>') | Should -BeLike '> *<g>*</>*'
    }

    It 'shows what only one side has' {
        $lines = @(Format-ShmHex $mapping ((Get-Content $file -AsByteStream -Raw)[0..4983]))
        $lines[-1].Side | Should -Be '<'
        $lines[-1].Offset | Should -Be 4992
    }

    It 'takes its target by name, from the pipeline and by property name' {
        (Format-ShmHex -Name $name -Length 1).Offset | Should -Be 0
        ($mapping | Format-ShmHex -Length 1).Offset | Should -Be 0
        ([pscustomobject]@{ Name = $name } | Format-ShmHex -Length 1).Source | Should -Be $name
        (Get-ShmSegment $name | Format-ShmHex -Length 1).Source | Should -Be $name
    }

    It 'OutOfRange beyond the end, PageNotMapped at a hole' {
        { Format-ShmHex $mapping -Offset 5001 -ErrorAction Stop } | Should -Throw -ErrorId 'OutOfRange,*'
        Dismount-ShmSegment $mapping -Offset 4096
        { Format-ShmHex $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'PageNotMapped,*'
        @(Format-ShmHex $mapping -Length 4096).Count | Should -Be 256
    }
}
