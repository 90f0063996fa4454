using System.Globalization;

namespace Vitrine;

/// <summary>The part of a data file that falls to a task of a Slurm job array: the first task has the first shard.</summary>
public static class SlurmArray
{
    /// <summary>The shard of this process, for <see cref="DataFileOptions.Shard"/>: of <c>--array=1-16</c> or <c>--array=0-15</c> one
    /// of 16, from (1, 16) to (16, 16).</summary>
    /// <exception cref="RequestException">The process is no task of an array, or the numbers of the array have gaps.</exception>
    public static (int Index, int Count) Shard() => Shard(Environment.GetEnvironmentVariable);

    /// <summary>The same for other variables.</summary>
    internal static (int Index, int Count) Shard(Func<string, string?> variable)
    {
        int task = Number("ID"), first = Number("MIN"), last = Number("MAX"), count = Number("COUNT");
        if (last - first + 1 != count || task < first || task > last)
        {
            throw new RequestException(Fault.Request, FormattableString.Invariant(
                $"shard: the numbers of the Slurm array have gaps; got {count} tasks from {first} to {last}; expected consecutive ")
                + "numbers, e.g. sbatch --array=1-16. To run some shards again, give --shard i/n.");
        }
        return (task - first + 1, count);

        int Number(string name)
        {
            string? value = variable($"SLURM_ARRAY_TASK_{name}");
            return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
                : throw new RequestException(Fault.Request, $"shard: this is no task of a Slurm array; got "
                    + $"{(value is null ? "no" : $"'{value}' as")} SLURM_ARRAY_TASK_{name}; expected what sbatch --array=1-16 sets.");
        }
    }
}
