using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Vitrine.Serve;

/// <summary>What the service has done, as Prometheus reads it.</summary>
internal sealed class Meter
{
    private static readonly double[] s_bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly ConcurrentDictionary<(string Route, int Status), long> _requests = [];
    private readonly ConcurrentDictionary<string, Histogram> _seconds = [];
    private long _explanations;

    /// <summary>An explanation was begun.</summary>
    public void Explained() => Interlocked.Increment(ref _explanations);

    /// <summary>A request has ended.</summary>
    /// <param name="route">The route's pattern, never a path that a caller made up.</param>
    /// <param name="status">Its status.</param>
    /// <param name="seconds">How long it took.</param>
    public void Ended(string route, int status, double seconds)
    {
        _requests.AddOrUpdate((route, status), 1, (_, count) => count + 1);
        _seconds.GetOrAdd(route, _ => new()).Add(seconds);
    }

    /// <summary>The text that <c>/metrics</c> shows.</summary>
    public string Text(Desk desk)
    {
        var text = new StringBuilder();
        Head("vitrine_requests_total", "counter", "Requests that have ended, by route and status.");
        foreach (((string route, int status), long count) in _requests.OrderBy(pair => pair.Key.Route, StringComparer.Ordinal)
            .ThenBy(pair => pair.Key.Status))
        {
            text.Append(CultureInfo.InvariantCulture, $"vitrine_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}\n");
        }
        Head("vitrine_request_seconds", "histogram", "Duration of requests, by route.");
        foreach ((string route, Histogram histogram) in _seconds.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            histogram.Write(text, route);
        }
        Single("vitrine_explanations_total", "counter", "Explanations that were computed.", Interlocked.Read(ref _explanations));
        Single("vitrine_queue_waiting", "gauge", "Requests that wait for their turn.", desk.Queue.Waiting);
        Single("vitrine_queue_running", "gauge", "Requests that compute.", desk.Queue.Running);
        Single("vitrine_models_bytes", "gauge", "Bytes of the weights that are loaded.", desk.Shelf.Used);
        Single("vitrine_memory_bytes", "gauge", "Resident memory of the process.", Environment.WorkingSet);
        return text.ToString();

        void Head(string name, string type, string help) => text.Append(CultureInfo.InvariantCulture,
            $"# HELP {name} {help}\n# TYPE {name} {type}\n");

        void Single(string name, string type, string help, long value)
        {
            Head(name, type, help);
            text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
        }
    }

    private sealed class Histogram
    {
        private readonly long[] _counts = new long[s_bounds.Length + 1];
        private readonly Lock _lock = new();
        private double _sum;

        public void Add(double seconds)
        {
            int at = Array.FindIndex(s_bounds, bound => seconds <= bound);
            lock (_lock)
            {
                _counts[at < 0 ? s_bounds.Length : at]++;
                _sum += seconds;
            }
        }

        public void Write(StringBuilder text, string route)
        {
            long below = 0;
            lock (_lock)
            {
                for (int i = 0; i <= s_bounds.Length; i++)
                {
                    below += _counts[i];
                    string bound = i < s_bounds.Length ? s_bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                    text.Append(CultureInfo.InvariantCulture,
                        $"vitrine_request_seconds_bucket{{route=\"{route}\",le=\"{bound}\"}} {below}\n");
                }
                text.Append(CultureInfo.InvariantCulture, $"vitrine_request_seconds_sum{{route=\"{route}\"}} {_sum}\n");
                text.Append(CultureInfo.InvariantCulture, $"vitrine_request_seconds_count{{route=\"{route}\"}} {below}\n");
            }
        }
    }
}
