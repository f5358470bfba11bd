using LmmFunctional.Data;

namespace LmmFunctional.CSharp;

/// <summary>What the sums for a model cost where the rows lie.</summary>
/// <param name="Engine">What sums the rows.</param>
/// <param name="Rows">Rows that would be summed.</param>
/// <param name="Cells">Combinations of keys: so many rows of sums come back.</param>
/// <param name="Keys">The columns that rows are grouped by.</param>
/// <param name="Summed">The columns that are summed.</param>
/// <param name="Bytes">Bytes of sums that come back.</param>
/// <param name="BytesOfRows">Bytes of the columns of all rows.</param>
/// <param name="Seconds">How long the sums would take, roughly.</param>
public sealed record SumsPlan(
    string Engine,
    long Rows,
    long Cells,
    IReadOnlyList<string> Keys,
    IReadOnlyList<string> Summed,
    double Bytes,
    double BytesOfRows,
    double Seconds)
{
    private string words = "";

    internal static SumsPlan Of(SumCost cost) =>
        new(
            cost.Engine,
            cost.Rows,
            cost.Cells,
            Convert.List(cost.Keys),
            Convert.List(cost.Summed),
            cost.Bytes,
            cost.BytesOfRows,
            cost.Seconds)
        {
            words = string.Join('\n', SumCostModule.describe(cost)),
        };

    /// <summary>What is pushed down and what comes back, in sentences.</summary>
    public override string ToString() => words;
}
