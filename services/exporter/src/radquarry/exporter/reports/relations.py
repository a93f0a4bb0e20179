"""Where people stand without a title: behind a relation to the patient, a talk with them, a label."""

import re

from radquarry.exporter.reports.naming import NAMES, TWO_NAMES

GERMAN = (
    "Ehe(?:mann|frau|gatte|gattin|partner(?:in)?)|Gatt(?:e|in)|Lebens(?:partner(?:in)?|gefährt(?:e|in))|Partner(?:in)?"
    "|(?:Schwieger|Stief|Groß|Gross|Enkel|Pflege|Zwillings|Halb|Ur)?(?:[Tt]ochter|[Ss]ohn|[Mm]utter|[Vv]ater|[Bb]ruder"
    "|[Ss]chwester|[Kk]ind)|Enkel(?:in)?|Onkel|Tante|Neffen?|Nichte|Cousine?|Schwager|Schwägerin|Oma|Opa"
    "|Betreuer(?:in)?|Vormund|Verlobte[rn]?|Freund(?:in)?|Nachbar(?:in)?|Witwer?|(?:[Ii]hr|[Dd]er|[Ii]hrem|[Dd]em) Mann"
    "|Angehörige[rn]?|Bezugsperson|Kontaktperson"
)
OTHERS = (
    "husband|wife|spouse|fiancée?|partner|(?:grand|step)?(?:daughter|mother|father|son(?<=grandson)|son(?<=stepson))"
    "|(?:half-|step)?(?:brother|sister)|(?:mother|father|son|daughter|brother|sister)-in-law|aunt|uncle|nephew|niece"
    "|boyfriend|girlfriend|care(?:r|giver)|guardian|next of kin|neighbou?r|friend"
    "|(?:(?:his|her|the|by|with|and|patient's) )son"
    "|époux|épouse|fille|fils|mère|père|frère|sœur|soeur|compagnon|compagne"
    "|hij[oa]|espos[oa]|marido|herman[oa]|dochter|zoon|moeder|vader|echtgeno(?:ot|te)|zus|broer"
    "|marito|moglie|figlio|figlia|madre|padre|fratello|sorella|compagno|compagna"
)
WHOSE = r"(?:\s(?:des Patienten|der Patientin|of the patient|du patient|de la patiente|del paziente))?"
KIN = re.compile(
    rf"(?:(?<![\w-])(?:{GERMAN}|{GERMAN.upper()}|(?i:{OTHERS})|mari)|(?:(?m:^)|(?<=[.,;] ))Son(?=:?\s[A-Z][a-z]))(?!\w)"
    rf"{WHOSE}(?:\s?[:(]\s?|(?:,\s(?={TWO_NAMES})|\s+)(?:namens |named )?)(?P<names>{NAMES})"
    r"(?![\w'\u2019-]|\s(?:disease|syndrome|lymphoma|chorea)\b)"
)
"""A lower-case son is a pronoun in French."""
TALK = (
    r"besprochen|besprechung|rücksprache|absprache|telefonat|gespräch|gesprochen|telefoniert|konsultation|mitgeteilt"
    r"|RS|Rü|Rücks\.?|übermittelt|übergeben|abgesprochen|diskutiert|weitergegeben"
)
TALKED = (
    r"discussed|spoke|spoken|discussion|conversation|reviewed|communicated|conveyed|relayed|consulted|conferred|d/w|call"
    r"|reported|given"
)
BY_PHONE = r"(?:\s(?:by|via|per|über)\s(?:the\s)?(?:phone|telephone|Telefon))?"
SPOKEN = (
    re.compile(rf"(?<!\w)(?i:{TALK}){BY_PHONE}(?:\s\w{{1,15}})?\s(?:mit|an)\s(?P<names>{NAMES})"),
    re.compile(
        rf"(?<!\w)(?i:mit)\s(?P<names>{NAMES})(?:\s(?:und|u\.)\s{NAMES})?"
        r"(?:\s(?:telefonisch|tel\.|persönlich|heute|ausführlich))?\s"
        r"(?:besprochen|gesprochen|telefoniert|abgesprochen|diskutiert|geklärt|konsultiert)(?!\w)"
    ),
    re.compile(rf"(?<!\w)(?i:{TALKED}){BY_PHONE}(?:\sdirectly|\sin person)?\s(?:with|to|w/)\s(?P<names>{NAMES})"),
    re.compile(rf"(?<!\w)(?i:d/w)\s(?P<names>{NAMES})"),
    re.compile(
        rf"(?<!\w)(?i:called|phoned|telephoned|notified|informed|paged|informierte?|verständigt){BY_PHONE}\s"
        rf"(?P<names>{TWO_NAMES})"
    ),
    re.compile(rf"(?<!\w)(?i:im Konsens)\s(?:mit\s|von\s)?(?P<names>{NAMES})"),
    re.compile(rf"(?<!\w)(?i:besproken|overlegd|overleg) met\s(?P<names>{NAMES})"),
    re.compile(rf"(?<!\w)(?i:comentado|discutido|hablado) con\s(?P<names>{NAMES})"),
    re.compile(rf"(?<!\w)(?i:discuté|vu|en accord) avec\s(?P<names>{NAMES})"),
    re.compile(rf"(?<!\w)(?i:discusso|concordato|condiviso) con\s(?P<names>{NAMES})"),
)
FORMS = re.compile(
    r"(?<![\w-])(?:Pat\.|Patient(?:in)?|Betrifft|Betr\.|Re|RE|PT|Pt|PATIENT|From|To|Von|An|Subject|Betreff|Kontakt|Notfallkontakt|Kontaktperson|Contact)[^\S\n]*:\s*"
    rf"(?P<names>{NAMES}(?:,\s{NAMES})?)"
)
BORN = re.compile(
    rf"(?<![\w.-])(?P<names>{NAMES}(?:,\s{NAMES})?)[,;(\s]{{1,20}}"
    r"(?:(?:[Gg]eb(?:\.|oren)|DOB|born|nat[oa]|née?|nacid[oa]|geboren)\s?(?:am |on |le |il )?|\*\s?)"
    r":?\s?\d"
)
"""Whoever has a day of birth behind the name."""
OF_PATIENTS = (
    re.compile(rf"(?<!\w)(?i:patient(?:en|in)?)\s(?P<names>{TWO_NAMES})"),
    re.compile(rf"(?<![\w.-])(?P<names>{TWO_NAMES})\s?[,(]\s?(?:{GERMAN}|(?i:{OTHERS}))(?!\w)"),
)
"""Two words at least: one alone is what the patient has."""
TEAM = re.compile(
    r"(?<![\w-])(?:(?:[1-3]\.\s?)?(?:Op|OP|Operation|Ass|Assist|An(?:ä|ae)sth|Instr|Springer(?:in)?|Assistenz|An(?:ä|ae)sthesie"
    r"|Instrumentierende|OP-Pflege|Pflege|Anesthesia|Surgery|Aide|Anesthésie|Anestesia|RT|Anä|Dikt|Diktat|Schreib|Schrb|Schreiber(?:in)?"
    r"|Vid(?:it)?|Vis|Verfasser(?:in)?|Autor(?:in)?|Author|Rapport|Kopien?(?: an)?|Copie(?: à)?|Anwesend"
    r"|(?:[\w-]{1,20}-)?Teilnehmer"
    r"|(?:Ober|Chef|Fach|Assistenz)(?:arzt|ärztin)|Supervisor|Verslag|Fdo|Tecnico|Técnico|Radiologo|TECH|REF|RESIDENT|ATTENDING"
    r"|Zuw|Ref|Bef|Unters|MD aware|Informiert)\.?)[^\S\n]?:[^\S\n]*(?:(?:Dr|Prof|dr|Sr|Dra)\.\s)?"
    rf"(?P<names>{NAMES}(?:,\s(?>{NAMES})(?!\.?:))?)(?=\s*(?:$|[\n,;/.|+&()]|und\b|and\b|[^\S\n]{{2}}|MD\b))"
)
"""Of those who operate: the same words stand before what was done, so nothing else may stand in that place."""
LABELS = re.compile(
    r"(?<![\w-])(?:(?:Nach|Familien|Vor|Ruf|Zu|Mädchen|Geburts|Patienten)?[Nn]amen?|NAME|VORNAME|NACHNAME|Surname"
    r"|(?:First|Last|Given|Family|Patient)\s[Nn]ame|Nom|Prénom|Cognome|Nome|Einsender(?:in)?|Operateur(?:in)?|Untersucher(?:in)?|Technologist|Sonographer|Resident|Fellow"
    r"|Op(?:érateur|eratore)|Surgeon|Assistant|(?:An(?:a?e)sthetist|Anesthesiologist)|An(?:ä|ae)sthesist(?:in)?|Assistent(?:in)?"
    r"|Chirurgo?|Chirurgien|Cirujano|Ayudante|Médecin(?:\straitant)?|Medico(?:\scurante)?|Médico|Medicina|Doctora?|Arts|Radioloog|Radiólog[oa]|Specialist"
    r"|Nombre|Apellidos?|Paciente|Paziente|Patiënt(?:e)?|(?:Voor|Achter|Familie)?[Nn]aam|Huisarts|Verwijzer|Aanvrager"
    r"|Arzt|Ärztin|MTRA?|Ansprechpartner(?:in)?|Versicherte[r]?|z\.\s?Hd\.(?:\sv(?:on|\.))?)"
    rf"(?:[^\S\n]*:\s*|[^\S\n]{{2,}}|\t|(?<=Hd\.)\s|(?<=von)\s)(?P<names>{NAMES}(?:,\s(?>{NAMES})(?!\.?:))?)"
)
"""Of forms, where a colon or a column stands between."""
