#!/usr/bin/perl
# replace-directory.pl DIRECTORY own|open: says "ready"; puts a directory of its own, or DIRECTORY/open, in the place of
# the first that somebody makes in DIRECTORY, and says "replaced"; then names each entry that this gets, until its input
# ends.
use strict;
use warnings;

my ($directory, $how) = @ARGV;
$| = 1;
print "ready\n";
my ($made, %seen);
until ($made) {
    opendir my $all, $directory or die $!;
    ($made) = grep { /^\.pssharedmemory-removing-/ } readdir $all;
    closedir $all;
}
rename "$directory/$made", "$directory/.aside" or die $!;
if ($how eq 'own') {
    mkdir "$directory/$made", 0700 or die $!;
}
else {
    rename "$directory/open", "$directory/$made" or die $!;
}
print "replaced\n";
my ($in, $ended) = ('', 0);
vec($in, fileno(STDIN), 1) = 1;
while (!$ended) {
    if (opendir my $all, "$directory/$made") {
        print "$_\n" for grep { !/^\.\.?$/ && !$seen{$_}++ } readdir $all;
        closedir $all;
    }
    $ended = select(my $ready = $in, undef, undef, 0.0001) > 0;
}
