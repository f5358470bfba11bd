namespace LmmFunctional.Analysis

open LmmFunctional.Model

/// <summary>An interval for one parameter, by whatever method.</summary>
[<StructuredFormatDisplay("{Display}")>]
type ParameterInterval = {
    /// The parameter: a coefficient's name, or <c>sd(Subject Days)</c>, <c>cor(Subject (Intercept), Days)</c>, <c>sigma</c>.
    Name: string
    Estimate: float
    /// None where there is no such end; the note tells why.
    Lower: float option
    Upper: float option
    /// What a reader must know of the ends, such as that one is the bound of the parameter.
    Note: string option
} with

    member private this.Display =
        let side value =
            value |> Option.map Display.number |> Option.defaultValue ""

        let note =
            this.Note |> Option.map (fun note -> $" ({note})") |> Option.defaultValue ""

        $"{this.Name}: {Display.number this.Estimate} [{side this.Lower}, {side this.Upper}]{note}"

    /// Estimate, ends and note in one line.
    override this.ToString() = this.Display


/// <summary>Quantiles that intervals need.</summary>
[<RequireQualifiedAccess>]
module internal Quantile =

    open MathNet.Numerics.Distributions

    /// z with P(|Z| ≤ z) = level.
    let normal level =
        Guard.level (nameof level) level
        Normal.InvCDF(0.0, 1.0, 0.5 + 0.5 * level)

    /// The p-quantile of χ² with any positive degrees of freedom.
    let chiSquared (df: float) (p: float) = Gamma.InvCDF(0.5 * df, 0.5, p)

    /// P(χ² > x); df zero is a point at zero.
    let upperChiSquared (df: float) (x: float) =
        if df <= 0.0 then
            (if x > 0.0 then 0.0 else 1.0)
        elif x <= 0.0 then
            1.0
        else
            MathNet.Numerics.SpecialFunctions.GammaUpperRegularized(0.5 * df, 0.5 * x)
