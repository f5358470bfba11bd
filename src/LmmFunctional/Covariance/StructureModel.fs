namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>How the variances of a structure's positions are related.</summary>
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal StructureShape =
    /// One scale for all of the matrix.
    | Scaled of CovarianceForm
    /// A free variance for each position, and these correlations.
    | PerPosition of correlation: CovarianceForm

/// <summary>What a structure of ordered positions takes from the steps between them.</summary>
[<RequireQualifiedAccess>]
type internal StepUse =
    /// The number of steps, or the distance.
    | Distance
    /// A parameter for each lag, up to a number of bands: every lag must be met.
    | Lags of bands: int option
    /// Nothing but the order.
    | OrderAlone

/// <summary>The parameters of variance · M(τ) as SAS has them: small-sample methods with second derivatives depend on
/// this choice.</summary>
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal SasParameters =
    /// A variance, variances of positions that have their own, and correlations and ranges as they are.
    | Plain
    /// Every element of the matrix.
    | Elements
    /// Covariances, from the variance and the natural parameters.
    | Covariances of (Jet -> Jet[] -> (string * Jet) list)
    /// Loadings, with or without variances of the positions' own.
    | Loadings of hasSpecific: bool

/// <summary>The name of a structure in SAS.</summary>
[<RequireQualifiedAccess>]
type internal SasType =
    | Named of string
    /// A name that is followed by the coordinates.
    | WithCoordinates of string
    /// SAS has no such structure, or has it only so.
    | Missing of reason: string option

/// <summary>The correlation of residuals in nlme: its class, and how it is called.</summary>
type internal NlmeCorrelation = {
    Class: string
    /// Whether it counts lags by whole numbers.
    TakesOrder: bool
    /// What is written behind the formula.
    Further: string
}

/// <summary>What a structure contains, and what contains it.</summary>
[<NoEquality; NoComparison>]
type internal StructureRelations = {
    /// The structure that is the same on these positions, by the name that the other relations use.
    Same: InclusionPlaces -> Structure option
    /// How the structure contains independent positions of one variance.
    HoldsIdentity: Inclusion option
    /// How it contains independent positions with variances of their own.
    HoldsDiagonal: Inclusion option
    /// How it lies in another one. Every structure lies in the unstructured matrix.
    LiesIn: InclusionPlaces -> Structure -> Inclusion option
    /// How it contains another one that does not say so itself.
    Holds: InclusionPlaces -> Structure -> Inclusion option
    /// Whether all its correlations can be one, at the end of its region: one effect for all positions.
    CanBeOne: bool
}

/// <summary>All that the library knows of one structure with its arguments. What stands here is read by everything else:
/// the parser, the design, forms, inference, reports and code for other programs.</summary>
[<NoEquality; NoComparison>]
type internal StructureModel = {
    /// Its words.
    Entry: StructureEntry
    /// The values of its arguments.
    Arguments: float list
    /// M on some positions.
    Shape: FormPositions -> StructureShape
    /// Element (i, j), for print.
    Element: MathText
    Steps: StepUse
    /// Whether every position has a variance of its own, which its rows alone must tell.
    HasOwnVariances: bool
    /// How many subjects m positions need beside those that the fixed effects between subjects take.
    SubjectsNeeded: int -> int
    /// Where one correlation is shared by pairs of positions with standard deviations of their own: the pair that
    /// stands for i &lt; j, or None where their correlation is zero.
    SharedPair: (int -> int -> struct (int * int) option) option
    /// Whether it is linear in the variances and covariances that it is made of.
    IsLinear: bool
    /// Whether it is linear in parameters of which all matter where the variance is zero.
    IsLinearAtZero: bool
    SasParameters: SasParameters
    SasType: SasType
    /// The class of pdMat for random effects.
    NlmeEffects: string option
    NlmeResiduals: NlmeCorrelation option
    Relations: StructureRelations
}

/// <summary>A name of the catalogue, and the structures that it makes.</summary>
[<NoEquality; NoComparison>]
type internal StructureFamily = {
    /// One entry for each number of arguments.
    Entries: StructureEntry list
    /// The structure with these arguments, if it takes them.
    TryMake: float list -> Structure option
    /// What to write instead of arguments that it does not take, given its signatures.
    Advice: string -> string
}

/// <summary>Describing structures.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal StructureModel =

    let private nothing _ _ = None

    /// <summary>A structure of one scale with nothing special about it: each of the other fields says where it differs.
    /// </summary>
    let create entry (shape: FormPositions -> StructureShape) element = {
        Entry = entry
        Arguments = []
        Shape = shape
        Element = element
        Steps = StepUse.Distance
        HasOwnVariances = false
        SubjectsNeeded = fun _ -> 0
        SharedPair = None
        IsLinear = false
        IsLinearAtZero = false
        SasParameters = SasParameters.Plain
        SasType = SasType.Missing None
        NlmeEffects = None
        NlmeResiduals = None
        Relations = {
            Same = fun _ -> None
            HoldsIdentity = None
            HoldsDiagonal = None
            LiesIn = nothing
            Holds = nothing
            CanBeOne = true
        }
    }

    /// The same, of one scale.
    let scaled entry (form: FormPositions -> CovarianceForm) element =
        create entry (form >> StructureShape.Scaled) element

    /// The same with variances of the positions' own: zero correlations leave these.
    let perPosition entry (correlation: FormPositions -> CovarianceForm) element =
        let model = create entry (correlation >> StructureShape.PerPosition) element

        {
            model with
                HasOwnVariances = true
                Relations = {
                    model.Relations with
                        HoldsIdentity = Some Inclusion.Interior
                        HoldsDiagonal = Some Inclusion.Interior
                }
        }

    /// What a structure is on two positions, where it is that of another name.
    let ofTwo (structure: Structure) (places: InclusionPlaces) =
        if places.Count = 2 then Some structure else None

    /// A class of nlme that takes the variable as it is.
    let nlme name = {
        Class = name
        TakesOrder = false
        Further = ""
    }

    /// A structure on equal steps at the places of some of them: gaps between positions stay.
    let onSteps (create: int -> CovarianceForm) (positions: FormPositions) =
        match FormPositions.tryPlaces positions with
        | None -> create positions.Labels.Length
        | Some places ->
            let form = create (Array.max places + 1)

            {
                form with
                    Element =
                        fun tau ->
                            let element = form.Element tau
                            fun i j -> element places[i] places[j]
            }

/// <summary>Names with the arguments that they take.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal StructureFamily =

    /// A structure without arguments.
    let single (entry: StructureEntry) structure = {
        Entries = [ entry ]
        TryMake = fun arguments -> if arguments.IsEmpty then Some structure else None
        Advice = fun _ -> $"'{entry.Name}' takes no arguments"
    }

    /// An argument that is a whole number.
    let whole least value =
        if value = System.Math.Floor(value: float) && value >= least && value <= 1000.0 then
            Some(int value)
        else
            None

    let private oneOrMore forms =
        $"write {forms} with a whole number, 1 or more"

    /// A structure with one whole number.
    let counted entry (make: int -> Structure) = {
        Entries = [ entry ]
        TryMake =
            fun arguments ->
                match arguments with
                | [ count ] -> whole 1.0 count |> Option.map make
                | _ -> None
        Advice = oneOrMore
    }

    /// A structure with one whole number or none.
    let optional entry countedEntry (make: int option -> Structure) = {
        Entries = [ entry; countedEntry ]
        TryMake =
            fun arguments ->
                match arguments with
                | [] -> Some(make None)
                | [ count ] -> whole 1.0 count |> Option.map (Some >> make)
                | _ -> None
        Advice = oneOrMore
    }
