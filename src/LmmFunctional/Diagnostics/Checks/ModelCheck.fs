namespace LmmFunctional.Analysis

open System.Globalization
open LmmFunctional
open LmmFunctional.Model

/// <summary>What a check of a model found.</summary>
[<RequireQualifiedAccess>]
type CheckOutcome =
    /// Nothing that speaks against the model.
    | Unremarkable
    /// Something worth a look.
    | Notable
    /// There is nothing to check; the finding says why.
    | NotApplicable

/// <summary>One check of a fitted model: numbers, what they say in one sentence, and what to try.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type ModelCheck = {
    /// What is checked: normality, equal variances, autocorrelation, ...
    Name: string
    /// Of what: the residuals, the effect of a group, a factor, the rows.
    Of: string
    Outcome: CheckOutcome
    /// How, with the source.
    Method: string
    /// Statistics, under their names in JSON.
    Numbers: (string * float) list
    /// One sentence.
    Finding: string
    /// What to try, where there is something.
    Advice: string option
    /// The numbers behind the statistics, row by row; without rows where there are none.
    Table: Frame
} with

    member private this.Display =
        let mark = if this.Outcome = CheckOutcome.Notable then "look: " else ""
        $"{mark}{this.Name}, {this.Of}: {this.Finding}"

    /// What is checked, of what, and the finding; marked where it is worth a look.
    override this.ToString() = this.Display

/// <summary>Options of the checks of a model.</summary>
type CheckOptions = {
    /// A p-value below it is notable, such as 0.05.
    Significance: float
    /// Of the p-values of the units in a scan for outliers.
    Adjustment: Adjustment
    /// A term is notable whose squared GVIF^(1/(2 df)), for one column its VIF, is above it.
    MaximumInflation: float
    /// The largest lag of autocorrelations.
    Lags: int
    /// The most distances of a variogram.
    Distances: int
    /// Units listed in the tables of influence and of outliers.
    Listed: int
    /// The factor within whose levels residuals may be correlated; None for that of the model.
    Subjects: string option
    /// The column along which the rows of a subject are ordered and distances are measured; None for that of the model.
    Along: string option
}

/// <summary>Options of the checks of a model.</summary>
[<RequireQualifiedAccess>]
module CheckOptions =

    /// Five percent, Holm, a VIF of 10, ten lags, twelve distances, ten units; subjects and order as in the model.
    let defaults = {
        Significance = 0.05
        Adjustment = Adjustment.Holm
        MaximumInflation = 10.0
        Lags = 10
        Distances = 12
        Listed = 10
        Subjects = None
        Along = None
    }

    let internal check (options: CheckOptions) =
        if not (options.Significance > 0.0 && options.Significance < 1.0) then
            invalidArg (nameof options) $"The significance lies between 0 and 1; {options.Significance} does not."

        Guard.positive (nameof options) "The largest inflation" options.MaximumInflation
        Guard.atLeast (nameof options) "The number of lags" 1 options.Lags
        Guard.atLeast (nameof options) "The number of distances" 1 options.Distances
        Guard.atLeast (nameof options) "The number of units listed" 1 options.Listed

/// <summary>Making checks.</summary>
[<RequireQualifiedAccess>]
module internal ModelCheck =

    /// A number in a sentence: four significant digits.
    let number (value: float) =
        value.ToString("G4", CultureInfo.InvariantCulture)

    /// A p-value in a sentence.
    let p (value: float) =
        if value < 0.0001 then
            "p < 0.0001"
        else
            let text = value.ToString("G2", CultureInfo.InvariantCulture)
            $"p = {text}"

    /// A table of some columns.
    let table (columns: (string * Column) list) : Frame =
        let rows =
            match columns with
            | (_, first) :: _ -> first.Length
            | [] -> 0

        Frame(
            System.Collections.Immutable.ImmutableArray.CreateRange(Seq.map fst columns),
            System.Collections.Immutable.ImmutableArray.CreateRange(Seq.map snd columns),
            rows
        )

    /// A check with nothing to check.
    let without name subject reason : ModelCheck = {
        Name = name
        Of = subject
        Outcome = CheckOutcome.NotApplicable
        Method = ""
        Numbers = []
        Finding = reason
        Advice = None
        Table = table []
    }

    /// Notable where a condition holds, with advice only then.
    let judged name subject isNotable methodName numbers finding advice columns : ModelCheck = {
        Name = name
        Of = subject
        Outcome =
            if isNotable then
                CheckOutcome.Notable
            else
                CheckOutcome.Unremarkable
        Method = methodName
        Numbers = numbers
        Finding = finding
        Advice = if isNotable then Some advice else None
        Table = table columns
    }
