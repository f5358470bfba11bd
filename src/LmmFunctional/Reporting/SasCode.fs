namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>A model as SAS PROC MIXED.</summary>
[<RequireQualifiedAccess>]
module SasCode =

    let private program = "SAS PROC MIXED"

    // Random terms

    let private effects (terms: Terms) =
        terms.Items
        |> List.map (fun own ->
            if own.Factors.IsEmpty then
                "INTERCEPT"
            else
                SasText.term own)
        |> String.concat " "

    let private randomType (own: RandomTerm) = SasText.typeOf own.Structure []

    let private random numbers (own: RandomTerm) =
        let kind =
            match own.Effects.Items, randomType own with
            | [ single ], Ok "UN" when single.Factors.IsEmpty -> ""
            | _, Ok kind -> $" TYPE={kind}"
            | _, Error _ -> ""

        let perLevel =
            match own.PerLevelOf with
            | Some expr -> $" GROUP={SasText.classVariable numbers expr}"
            | None -> ""

        $"  RANDOM {effects own.Effects} / SUBJECT={SasText.subject numbers own.Group}{kind}{perLevel};"

    // Residuals

    let private takesValues (part: ResidualCorrelation) =
        (StructureCatalogue.ofStructure part.Structure).Coordinate = StructureCoordinate.Values

    let private along numbers (part: ResidualCorrelation) =
        match part.Along with
        | Coordinates.RowOrder -> []
        | Coordinates.Variables variables when takesValues part -> variables |> List.map SasText.variable
        | Coordinates.Variables variables -> variables |> List.map (SasText.classVariable numbers)

    let private residualType numbers (structure: ResidualStructure) =
        match structure.Correlations with
        | [] -> Ok("VC", [])
        | [ only ] ->
            SasText.typeOf only.Structure (along numbers only)
            |> Result.map (fun kind -> kind, along numbers only)
        | parts ->
            parts
            |> List.map _.Structure
            |> List.reduce (fun a b -> Structure.Kronecker(a, b))
            |> fun whole ->
                SasText.typeOf whole []
                |> Result.map (fun kind -> kind, parts |> List.collect (along numbers))

    let private usesValues (structure: ResidualStructure) =
        structure.Correlations |> List.exists takesValues

    let private repeated numbers (structure: ResidualStructure) kind (places: string list) =
        // Spatial structures have their coordinates in the type, the others the order of an effect.
        let effect =
            if usesValues structure || places.IsEmpty then
                ""
            else
                " " + String.concat " " places

        let within =
            match structure.Within with
            | Some own -> $" SUBJECT={SasText.subject numbers own}"
            | None -> " SUBJECT=INTERCEPT"

        let group =
            match structure.PerLevelOf, structure.Variances with
            | Some expr, _
            | None, [ VarianceFunction.PerGroup expr ] -> $" GROUP={SasText.classVariable numbers expr}"
            | _ -> ""

        let local = if structure.HasNugget then " LOCAL" else ""
        $"  REPEATED{effect} /{within} TYPE={kind}{group}{local};"

    let private residualProblems (structure: ResidualStructure) = [
        yield! residualType Set.empty structure |> SasText.problemOf |> Option.toList

        match structure.Variances with
        | []
        | [ VarianceFunction.PerGroup _ ] -> ()
        | others ->
            let words = others |> List.map ResidualText.variance |> String.concat ", "
            $"PROC MIXED has no variance function {words}."

        if structure.PerLevelOf.IsSome && not structure.Variances.IsEmpty then
            "PROC MIXED has one GROUP= only, and the model has two groups of residual parameters."
    ]

    let private problems (spec: LmmSpec) = [
        for own in spec.Random do
            yield! randomType own |> SasText.problemOf |> Option.toList

            match own.Relationship with
            | Some matrix ->
                $"The known matrix '{matrix}' needs TYPE=LIN(1) with LDATA=, its elements in a data set, which only you can write."
            | None -> ()

        match spec.Residual with
        | ResidualTerm.Structured structure -> yield! residualProblems structure
        | ResidualTerm.Independent -> ()

        if not spec.Fixed.Offsets.IsEmpty then
            "PROC MIXED has no offset; subtract it from the response in a data step."
    ]

    /// Columns that the mean or random slopes take as numbers.
    let private numbersOf (fit: Fit) (spec: LmmSpec) =
        let factors = ForeignModel.factors fit

        (spec.Fixed.Items @ (spec.Random |> List.collect _.Effects.Items))
        |> List.collect _.Factors
        |> List.choose (fun expr ->
            match expr with
            | Expr.Column own when not (List.contains own factors) -> Some own
            | _ -> None)
        |> Set.ofList

    /// The variables that are levels in SUBJECT=, GROUP= and REPEATED.
    let private levels (spec: LmmSpec) : Expr list =
        [
            yield! spec.Random |> List.collect _.Group.Factors
            yield! spec.Random |> List.choose _.PerLevelOf

            match spec.Residual with
            | ResidualTerm.Structured structure ->
                yield! structure.Within |> Option.toList |> List.collect _.Factors

                for part in structure.Correlations do
                    match part.Along with
                    | Coordinates.Variables variables when not (takesValues part) -> yield! variables
                    | _ -> ()

                yield! Option.toList structure.PerLevelOf

                for own in structure.Variances do
                    match own with
                    | VarianceFunction.PerGroup expr -> expr
                    | _ -> ()
            | ResidualTerm.Independent -> ()
        ]
        |> List.distinct

    /// Levels that are numbers elsewhere in the model.
    let private copied (numbers: Set<string>) (spec: LmmSpec) =
        levels spec
        |> List.choose (fun expr ->
            match expr with
            | Expr.Column own when numbers.Contains own -> Some own
            | _ -> None)

    let private classes (fit: Fit) numbers (spec: LmmSpec) =
        (ForeignModel.factors fit |> List.map SasText.name)
        @ (levels spec |> List.map (SasText.classVariable numbers))
        |> List.distinct

    let private ddfm (method: DegreesOfFreedomMethod) =
        match method with
        | DegreesOfFreedomMethod.Asymptotic -> " CHISQ"
        | DegreesOfFreedomMethod.Residual -> " DDFM=RESIDUAL"
        | DegreesOfFreedomMethod.Containment -> " DDFM=CONTAIN"
        | DegreesOfFreedomMethod.BetweenWithin -> " DDFM=BETWITHIN"
        | DegreesOfFreedomMethod.Satterthwaite _ -> " DDFM=SATTERTHWAITE"
        | DegreesOfFreedomMethod.KenwardRoger _ -> " DDFM=KENWARDROGER"

    let private code (method: DegreesOfFreedomMethod) (fit: Fit) (spec: LmmSpec) () =
        let criterion = if fit.Criterion = Criterion.Reml then "REML" else "ML"

        let terms =
            spec.Fixed.Items
            |> List.filter (fun own -> not own.Factors.IsEmpty)
            |> List.map SasText.term
            |> String.concat " "

        let terms = if terms = "" then "" else " " + terms
        let noIntercept = if spec.Fixed.HasIntercept then "" else " NOINT"
        let numbers = numbersOf fit spec

        [
            match copied numbers spec with
            | [] -> ()
            | names ->
                let copies =
                    names
                    |> List.map (fun own -> $" {SasText.copy own} = {SasText.name own};")
                    |> String.concat ""

                $"DATA data; SET data;{copies} RUN;"
            $"PROC MIXED DATA=data METHOD={criterion};"
            match classes fit numbers spec with
            | [] -> ()
            | names ->
                let names = String.concat " " names
                $"  CLASS {names};"
            match spec.Weights with
            | Some weight -> $"  WEIGHT {SasText.name weight};"
            | None -> ()
            $"  MODEL {SasText.variable spec.Response} ={terms} /{noIntercept} SOLUTION{ddfm method};"
            yield! spec.Random |> List.map (random numbers)
            match spec.Residual with
            | ResidualTerm.Structured structure ->
                match residualType numbers structure with
                | Ok(kind, places) -> repeated numbers structure kind places
                | Error _ -> ()
            | ResidualTerm.Independent -> ()
            "RUN;"
            ""
        ]
        |> String.concat "\n"

    let private notes (fit: Fit) (spec: LmmSpec) = [
        match ForeignModel.computed spec with
        | [] -> ()
        | expressions ->
            let expressions = String.concat ", " expressions
            $"Compute these in a data step first: {expressions}."

        if not (ForeignModel.factors fit).IsEmpty then
            "SAS takes the last level of a CLASS variable as reference, where the first one is taken here: coefficients differ, means and tests do not."
    ]

    /// <summary>The PROC MIXED step of a fit: the same model, criterion and method for degrees of freedom.</summary>
    /// <param name="method">The method for degrees of freedom.</param>
    /// <param name="fit">The fit; it says which variables are factors.</param>
    /// <returns>The step, with what must be done besides; or what PROC MIXED cannot say.</returns>
    let ofFit (method: DegreesOfFreedomMethod) (fit: Fit) : ForeignCode =
        let spec = ForeignModel.spec fit
        ForeignModel.outcome program (problems spec) (notes fit spec) (code method fit spec)
