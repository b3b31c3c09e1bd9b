#!/usr/bin/env pwsh
<#
.SYNOPSIS
Makes docs/watch.svg: a picture of Watch-ShmStat, from a real run in tmux.
.DESCRIPTION
Makes a few segments, runs the live view in a terminal of 110 columns and draws what is on it. Needs tmux and perl, and
a /dev/shm with nothing else in it: `unshare -i -m` and a tmpfs of its own. Everything it made is removed.
#>
#Requires -Version 7.4
param([string] $OutFile = "$PSScriptRoot/watch.svg", [int] $Columns = 110, [int] $Lines = 14)

$ErrorActionPreference = 'Stop'
$module = [IO.Path]::GetFullPath("$PSScriptRoot/../out/PSSharedMemory")
Import-Module $module
$socket = "pssharedmemory-$PID"
$script = [IO.Path]::GetTempFileName() + '.ps1'

# What xterm shows for the colours that the view uses.
$colours = @{ 30 = '#101418'; 32 = '#5fbf77'; 33 = '#d8b04c'; 91 = '#ff6b68'; 46 = '#3aa5b5' }
$ink, $paper, $cell, $line = '#d5dbe1', '#101418', 8.4, 18

function ConvertTo-Svg([string[]] $Screen) {
    $svg = [Collections.Generic.List[string]]::new()
    $width, $height = ($Columns * $cell + 24), ($Screen.Count * $line + 24)
    $svg.Add("<svg xmlns=`"http://www.w3.org/2000/svg`" width=`"$width`" height=`"$height`" viewBox=`"0 0 $width $height`" role=`"img`" aria-label=`"Watch-ShmStat`">")
    $svg.Add("<rect width=`"100%`" height=`"100%`" rx=`"8`" fill=`"$paper`"/>")
    $svg.Add('<g font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14" xml:space="preserve">')
    for ($i = 0; $i -lt $Screen.Count; $i++) {
        $top = 12 + $i * $line
        $style = @{ Ink = $ink; Back = $null; Bold = $false }
        $column = 0
        foreach ($part in [regex]::Matches($Screen[$i], '\e\[([\d;]*)m|([^\e]+)')) {
            if (-not $part.Groups[2].Success) {
                foreach ($code in "0$($part.Groups[1].Value)".Split(';')) {
                    switch ([int] $code) {
                        0 { $style = @{ Ink = $ink; Back = $null; Bold = $false } }
                        1 { $style.Bold = $true }
                        7 { $style.Ink, $style.Back = $paper, $ink }
                        39 { $style.Ink = $ink }
                        46 { $style.Back = $colours[46] }
                        default { if ($colours[$_]) { $style.Ink = $colours[$_] } }
                    }
                }
                continue
            }
            $text = $part.Groups[2].Value
            $x = 12 + $column * $cell
            if ($style.Back) { $svg.Add("<rect x=`"$x`" y=`"$top`" width=`"$($text.Length * $cell)`" height=`"$line`" fill=`"$($style.Back)`"/>") }
            if ($text.Trim()) {
                $bold = if ($style.Bold) { ' font-weight="bold"' }
                $shown = [Security.SecurityElement]::Escape($text)
                $svg.Add("<text x=`"$x`" y=`"$($top + 14)`" textLength=`"$($text.Length * $cell)`" fill=`"$($style.Ink)`"$bold>$shown</text>")
            }
            $column += $text.Length
        }
    }
    $svg.Add('</g></svg>')
    $svg -join "`n"
}

try {
    $frames = New-ShmSegment PostgreSQL.309768960 -Size 64MB -Sparse -Mount
    Clear-ShmData $frames -Length 12MB
    $queue = New-ShmQueue jobs -Capacity 1MB
    foreach ($left in 'psm_4f2a9c11', 'nccl-vzIpS6', 'torch_4821_932_0') {
        [IO.File]::WriteAllBytes("/dev/shm/$left", [byte[]]::new(3MB))
    }
    $clock = New-ShmSegment -Key 0x4e545030 -Size 96
    Set-Content $script "Import-Module '$module'; Watch-ShmStat -IntervalSec 1 -OlderThan 0s"
    $pwsh = [Environment]::ProcessPath
    tmux -u -L $socket -f /dev/null new-session -d -x $Columns -y $Lines "'$pwsh' -NoProfile -File '$script'"
    # Something grows while the picture is taken.
    $bytes = [byte[]]::new(2MB)
    for ($try = 0; $try -lt 120; $try++) {
        [Threading.Thread]::Sleep(250)
        $stream = [IO.File]::Open('/dev/shm/nccl-vzIpS6', 'Append')
        $stream.Write($bytes)
        $stream.Dispose()
        $screen = @(tmux -L $socket capture-pane -p -e -N)
        if ("$screen" -match 'B/s' -and "$screen" -match 'InUse') { break }
    }
    if ($try -eq 120) { throw "The view did not come:`n$($screen -join "`n")" }
    Set-Content $OutFile (ConvertTo-Svg $screen)
}
finally {
    tmux -L $socket kill-server 2>&1 | Out-Null
    Remove-Item $script, ($script -replace '\.ps1$') -ErrorAction Ignore
    if ($frames) { $frames.Dispose() }
    if ($queue) { $queue.Dispose() }
    Remove-ShmSegment PostgreSQL.309768960, jobs, psm_4f2a9c11, nccl-vzIpS6, torch_4821_932_0 -ErrorAction Ignore
    if ($clock) { $clock | Remove-ShmSegment }
}
