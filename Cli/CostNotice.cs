using System.Diagnostics;
using System.Globalization;
using Vitrine.Attributions;

namespace Vitrine.Cli;

/// <summary>Says of work that takes long what it costs, once, when its first second has shown how fast it goes.</summary>
/// <param name="say">Shows the sentence.</param>
internal sealed class CostNotice(Action<string> say)
{
    private static readonly TimeSpan s_trial = TimeSpan.FromSeconds(1), s_long = TimeSpan.FromSeconds(10);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly HashSet<string> _said = [];
    private TimeSpan _start, _last;
    private WorkProgress? _before;

    /// <summary>Looks at how far the work is; null where something ended, such as a row.</summary>
    public void Look(WorkProgress? progress) => Look(progress, _clock.Elapsed);

    /// <summary>The same at a time since the beginning.</summary>
    internal void Look(WorkProgress? progress, TimeSpan now)
    {
        _start = progress switch
        {
            null => now,
            { } next when _before is { } before && (next.What != before.What || next.Done < before.Done) => _last,
            _ => _start,
        };
        (_last, _before) = (now, progress);
        if (progress is not { Done: > 0 } at || now - _start < s_trial || _said.Contains(at.What)
            || !CountsPasses(at.What, out string? cost))
        {
            return;
        }
        double left = (now - _start).TotalSeconds / at.Done * (at.Total - at.Done);
        if (left > s_long.TotalSeconds)
        {
            _said.Add(at.What);
            say(string.Create(CultureInfo.InvariantCulture,
                $"{at.What}: {at.Total:N0} passes through the model{cost}, about {Time(left)} more. Ctrl-C ends it."));
        }
    }

    // Whether units of work are passes through the model, not rows, tokens or bytes.
    private static bool CountsPasses(string what, out string? cost)
    {
        cost = AttributionMethods.All.FirstOrDefault(method => method.Name == what) is { } method ? $" ({method.Cost})" : null;
        return cost is not null || what is "context" or "one text";
    }

    private static string Time(double seconds) => seconds switch
    {
        < 90 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} seconds"),
        < 90 * 60 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} minutes"),
        < 48 * 3600 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} hours"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86400:N0} days"),
    };
}
